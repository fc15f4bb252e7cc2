import { SandboxError } from '../sandbox-error.js';
import type { FlintApp } from './flint-app.js';
import { environmentOf, type FlintEnvironment, type FlintMerchant } from './flint-merchant.js';
import type { FlintIssue } from './flint-sandbox.options.js';
import type { FlintTokenAnswer } from './flint-token-answer.js';
import type { FlintWorld } from './flint-world.js';

/** Grants and their first token pairs: one, or `count`, each in an environment of its own. */
export function issueGrants(
  world: FlintWorld,
  app: FlintApp,
  scopes: readonly string[],
  wanted: FlintIssue & { readonly count?: number },
): FlintTokenAnswer[] {
  const { directory, installs, tokens, settings } = world;
  return Array.from({ length: wanted.count ?? 1 }, (_, index) => {
    const merchant =
      wanted.merchant_id === undefined && wanted.count !== undefined
        ? directory.newMerchant()
        : directory.merchant(wanted.merchant_id ?? directory.merchants[0]?.merchant_id ?? '');
    const environment = environmentFor(merchant, wanted, index);
    const grant = installs.prepare(app, merchant, environment, settings.reuseGrants);
    installs.activate(grant, scopes);
    return tokens.issue(grant);
  });
}

/** The default environment; with a count for one merchant, a further one for each after the first. */
function environmentFor(
  merchant: FlintMerchant,
  { merchant_id, mode = 'test' }: FlintIssue,
  index: number,
): FlintEnvironment {
  if (mode === 'live' && !merchant.onboarded) {
    throw new SandboxError(`${merchant.merchant_id} has not completed onboarding.`);
  }
  const found = environmentOf(merchant, mode);
  if (!found) throw new SandboxError(`${merchant.merchant_id} has no ${mode} environment.`);
  if (merchant_id === undefined || index === 0) return found;
  const number = merchant.environments.length + 1;
  const environment = {
    environment_id: `${found.environment_id}_${number}`,
    mode,
    name: `${found.name} ${number}`,
  };
  merchant.environments.push(environment);
  return environment;
}
