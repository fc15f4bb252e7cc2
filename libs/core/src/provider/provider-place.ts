import type { Secret } from '../foundation/configuration/variable.js';

/** Whose token, and where. */
export interface ProviderPlace {
  readonly environment: string;
  /** Absent where only the environment is known. */
  readonly account?: string;
  /** The account's own server, where accounts have one; no slash at its end. */
  readonly serverUrl?: string;
}

/** Where a place lives. All absolute https URLs. */
export interface ProviderEndpoints {
  readonly token: string;
  /** Base of the provider's API; the token is sent nowhere else. */
  readonly api: string;
  /** The authorization endpoint, where merchants install. */
  readonly authorize?: string;
  /** RFC 7009; a disconnect revokes there. */
  readonly revocation?: string;
}

/** The same as paths below a server, each with a slash at its beginning. */
export interface EndpointPaths {
  readonly token: string;
  /** Default: the server itself. */
  readonly api?: string;
  readonly authorize?: string;
  readonly revocation?: string;
}

/** A client credential that is given in the configuration. */
export interface ConfiguredAccount {
  readonly environment: string;
  /** Its name in refs; one that needs none is `default`. */
  readonly account: string;
  readonly id: string;
  readonly secret: Secret;
  readonly serverUrl?: string;
  readonly owner?: string;
}
