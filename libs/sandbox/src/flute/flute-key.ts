import type { FluteEnvironment } from './flute-environment.js';

/** An API key of a merchant. */
export interface FluteKey {
  readonly client_id: string;
  client_secret: string;
  /** Where it is accepted. One key serves both, or each environment has its own: both are official. */
  readonly environments: readonly FluteEnvironment[];
}

/** A key to be added. */
export interface FluteKeyRegistration {
  /** Default: random. */
  readonly clientId?: string;
  /** Default: random. */
  readonly clientSecret?: string;
  /** Default: both. */
  readonly environments?: readonly FluteEnvironment[];
}
