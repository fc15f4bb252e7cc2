import { FlockError } from '@nest-flock/core';
import { DEFAULT_ACCOUNT } from '@nest-flock/core/provider';
import type { ProviderPlace } from '@nest-flock/core/provider';
import type { FlinksPayOptions } from './flinks-pay.variables.js';

/**
 * A base URL belongs to one customer, so that of the default account serves no other.
 * @throws FlockError `not_connected` for an account that was registered without one
 */
export function serverOf(
  { baseUrl }: FlinksPayOptions,
  { account = DEFAULT_ACCOUNT }: ProviderPlace,
): string {
  if (account === DEFAULT_ACCOUNT && baseUrl !== undefined) return baseUrl;
  throw new FlockError(
    'not_connected',
    `The account "${account}" of FlinksPay has no base URL: register it with its serverUrl.`,
  );
}
