import { AuditService } from '../../foundation/audit/audit.service.js';
import { Deployment } from '../../foundation/deployment/deployment.js';
import { TokenCheck } from '../../token/token-check.js';
import type { CheckedConnection } from '../../token/token-check.js';
import { Fleet } from '../../foundation/fleet/fleet.js';
import { RescueService } from '../../token/rescue/rescue.service.js';
import { EXIT } from './flock-command.js';
import type { CommandContext, FlockCommand } from './flock-command.js';
import { Pace } from './pace.js';
import { readNumber } from './read-number.js';

const REPORT_EVERY_MS = 1_000;

/** Renews connections one after the other, a few canaries first. */
export const check: FlockCommand = {
  name: 'check',
  summary: 'Renews connections one by one, and stops when tokens turn out to be dead.',
  usage: '[--rate 5] [--provider name] [--limit n] [--canaries 5] [--stop-at 0.2]',
  options: {
    rate: { type: 'string' },
    provider: { type: 'string' },
    limit: { type: 'string' },
    canaries: { type: 'string' },
    'stop-at': { type: 'string' },
  },
  mostArguments: 0,

  async run({ app, options, output, signal }: CommandContext): Promise<number> {
    const number = (option: string, min: number, max: number, initial: number, whole = true) =>
      readNumber(options[option], { option, min, max, initial, whole });
    const rate = number('rate', 0.01, 1_000, 5, false);
    const limit = number('limit', 1, 1e9, 1e9);
    const canaries = number('canaries', 1, 1_000, 5);
    const stopAt = number('stop-at', 0, 1, 0.2, false);
    const provider = typeof options.provider === 'string' ? options.provider : undefined;
    const deployment = app.get(Deployment);
    deployment.assertOurs();
    await app.get(Fleet).link?.startLimits();
    // Results that another process could not store come before any token is spent.
    await app.get(RescueService).recover();
    const tokens = app.get(TokenCheck);
    const total = await tokens.count(provider);
    const restored = deployment.stored?.restoredAt !== undefined;
    output.say('begin', `${total} connections are to be checked.`, { total, restored });

    const pace = new Pace(rate, signal);
    const counts = { live: 0, reauthorization_required: 0, unknown: 0 };
    let silent = 0;
    let reportedAt = performance.now();
    let stopped: 'dead' | 'silent' | undefined;
    for await (const one of tokens.run(provider)) {
      counts[one.outcome] += 1;
      silent = one.outcome === 'unknown' ? silent + 1 : 0;
      if (one.outcome !== 'live') output.say('connection', lineOf(one), { ...one });
      const { live, reauthorization_required: dead, unknown } = counts;
      const done = live + dead + unknown;
      if (done <= canaries || performance.now() - reportedAt > REPORT_EVERY_MS) {
        reportedAt = performance.now();
        const rest = Math.max(0, total - done);
        output.say('progress', `${done} checked, ${rest} remaining`, {
          ...counts,
          remaining: rest,
        });
      }
      if (live + dead >= canaries && dead / (live + dead) > stopAt) stopped = 'dead';
      if (silent >= canaries) stopped = 'silent';
      if (stopped !== undefined || signal.aborted || done >= limit) break;
      await pace.after(1);
      if (signal.aborted) break;
    }

    const remaining = await tokens.count(provider);
    const { live, reauthorization_required: dead, unknown } = counts;
    const result = `${live} live, ${dead} need reauthorization, ${unknown} unknown`;
    output.say('checked', result, { ...counts, ...(restored && { remaining }) });
    await app.get(AuditService).note({
      actor: 'operator',
      action: 'deployment',
      outcome: stopped === undefined ? 'check' : 'check_stopped',
      reason: result,
    });
    if (signal.aborted) {
      output.say('interrupted', 'Stopped. Run the same command again to go on.');
      return EXIT.interrupted;
    }
    if (stopped !== undefined) {
      output.say('stopped', WHY_STOPPED[stopped], { why: stopped });
      return EXIT.failed;
    }
    if (restored && provider === undefined && live + dead >= total) {
      await deployment.finishRestore();
      output.say(
        'finished',
        'Every token of the restored store is checked; renewals go on as usual.',
      );
    } else if (restored) {
      const next =
        provider === undefined
          ? `${remaining} are not checked yet: mend what made them unknown, or disconnect them, and run flock check again.`
          : `${remaining} of ${provider} are not checked yet. A run without --provider ends the restore.`;
      output.say('left', next, { remaining });
    }
    return dead + unknown === 0 ? EXIT.done : EXIT.failed;
  },
};

const WHY_STOPPED = {
  dead: 'Stopped: too many tokens are dead. They were probably spent after the backup was made. The rest is untouched. If there is a newer backup, restore that one. Otherwise run flock check --stop-at 1: whoever is dead must connect again, and the others live on.',
  silent:
    'Stopped: the provider gives no clear answer. The rest is untouched; run flock check again later.',
} as const;

const lineOf = ({ id, provider, outcome, reason }: CheckedConnection): string =>
  `${provider} ${id}: ${outcome === 'unknown' ? 'unknown' : 'needs reauthorization'} (${reason ?? 'no reason'})`;
