/** Each has hosts and credentials of its own. */
export const FLEX_PAY_ENVIRONMENTS = ['pre-production', 'production'] as const;
export type FlexPayEnvironment = (typeof FLEX_PAY_ENVIRONMENTS)[number];

/** A credential: one merchant, one environment (Authorization page). */
export interface FlexPayClient {
  readonly merchant: string;
  readonly environment: FlexPayEnvironment;
  readonly clientId: string;
  clientSecret: string;
}

/** A credential that is to be issued. */
export interface FlexPayClientRegistration {
  readonly merchant: string;
  /** Default `pre-production`. */
  readonly environment?: FlexPayEnvironment;
  /** Default: made of merchant and environment. */
  readonly clientId?: string;
  /** Default: random. */
  readonly clientSecret?: string;
}
