import type { Secret } from '@nest-flock/core/provider';

/** Each has hosts and credentials of its own (Authorization page). */
export const FLEX_PAY_ENVIRONMENTS = ['pre-production', 'production'] as const;
export type FlexPayEnvironment = (typeof FLEX_PAY_ENVIRONMENTS)[number];

/** A merchant's credential in one environment, given in the configuration. */
export interface FlexPayMerchant {
  /** The merchant's name in refs; 1 to 190 characters. */
  readonly account: string;
  readonly environment: FlexPayEnvironment;
  readonly clientId: string;
  /** In code also a function that fetches it, such as from a secrets manager. */
  readonly clientSecret: Secret;
  /** Default: the environment's. */
  readonly serverUrl?: string;
  /** The host's own id of whom the connection belongs to. */
  readonly owner?: string;
}
