import { Deployment } from '../../foundation/deployment/deployment.js';
import {
  DEPLOYMENT_ID_EXPECTED,
  isDeploymentId,
} from '../../foundation/deployment/deployment.options.js';
import { EXIT, UsageError } from './flock-command.js';
import type { CommandContext, FlockCommand } from './flock-command.js';

/** Makes the store that of this deployment, and nobody else's. */
export const adopt: FlockCommand = {
  name: 'adopt',
  summary:
    'Makes the store that of this deployment; --restored: its tokens are to be checked first.',
  usage: '<deployment id> | --yes [--restored]',
  options: { yes: { type: 'boolean' }, restored: { type: 'boolean' } },
  mostArguments: 1,

  async run({ app, options, arguments: [typed], output }: CommandContext): Promise<number> {
    const deployment = app.get(Deployment);
    const name = confirmed(typed, deployment.own, options.yes === true);
    const restored = options.restored === true;
    const before = await deployment.adopt(name, restored);
    const was = before?.name ?? 'nobody';
    const data = { name, was, restored };
    output.say('adopted', `The store belonged to ${was}; it belongs to ${name} now.`, data);
    if (before !== undefined && before.name !== name) {
      output.say(
        'warning',
        `Instances of ${was} on this very database stop spending within a second. If ${was} goes on with another copy, both spend the same refresh tokens and merchants are cut off.`,
      );
    }
    if (restored) {
      output.say(
        'next',
        'No token from before is renewed in the background. Next: flock check, which renews them one by one and stops when they turn out to be dead.',
      );
    }
    return EXIT.done;
  },
};

/** The id to write: typed in full, or the configured one with `--yes`. @throws UsageError */
function confirmed(typed: string | undefined, own: string | undefined, yes: boolean): string {
  if (typed !== undefined && !isDeploymentId(typed)) {
    throw new UsageError(`The deployment id is not usable; expected ${DEPLOYMENT_ID_EXPECTED}.`);
  }
  if (typed !== undefined && own !== undefined && typed !== own) {
    throw new UsageError(`FLOCK_DEPLOYMENT_ID is "${own}" here, not "${typed}".`);
  }
  const name = typed ?? (yes ? own : undefined);
  if (name !== undefined) return name;
  throw new UsageError(
    own === undefined
      ? 'Which deployment? Type its id, the same that its instances have as FLOCK_DEPLOYMENT_ID.'
      : `To adopt the store for "${own}", type that id, or --yes. From then on nobody else may spend its tokens.`,
  );
}
