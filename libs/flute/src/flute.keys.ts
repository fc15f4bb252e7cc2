import type { OptionsOf, Secret } from '@nest-flock/core/provider';
import { FLUTE_ENVIRONMENTS } from './flute.variables.js';
import type { FluteEnvironment, FLUTE_VARIABLES } from './flute.variables.js';

export type FluteOptions = OptionsOf<typeof FLUTE_VARIABLES>;

/** The names of the options that hold the two halves of a key. */
export interface FluteKeyNames {
  readonly id: 'clientId' | `${FluteEnvironment}ClientId`;
  readonly secret: 'clientSecret' | `${FluteEnvironment}ClientSecret`;
}

export const SHARED_KEY: FluteKeyNames = { id: 'clientId', secret: 'clientSecret' };

export const ownKey = (environment: FluteEnvironment): FluteKeyNames => ({
  id: `${environment}ClientId`,
  secret: `${environment}ClientSecret`,
});

/**
 * The key of an environment: its own, else the shared one. The Authorization page says that one key
 * serves both, the README of Flute's TypeScript SDK that each environment has its own.
 */
export function keyOf(
  options: FluteOptions,
  environment: FluteEnvironment,
): { readonly id: string; readonly secret: Secret } | undefined {
  const own = ownKey(environment);
  const names = options[own.id] === undefined ? SHARED_KEY : own;
  const id = options[names.id];
  const secret = options[names.secret];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** The account `default` of each environment that is wanted and has a key. */
export function configuredAccounts(options: FluteOptions) {
  return FLUTE_ENVIRONMENTS.flatMap((environment) => {
    const wanted = options.environments?.includes(environment) ?? true;
    const key = wanted ? keyOf(options, environment) : undefined;
    return key === undefined ? [] : [{ environment, account: 'default', ...key }];
  });
}
