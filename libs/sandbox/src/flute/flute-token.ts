import type { FluteEnvironment } from './flute-environment.js';
import type { FluteKey } from './flute-key.js';

/** An access token, also one that has ended. */
export interface FluteAccessToken {
  readonly key: FluteKey;
  readonly environment: FluteEnvironment;
  expiresAt: number;
}

/** A refresh token, also one that was replaced. */
export interface FluteRefreshToken {
  readonly key: FluteKey;
  readonly environment: FluteEnvironment;
  expiresAt: number;
  replaced: boolean;
  /** Its replacement reached the client whole: presenting it again is the client's mistake. */
  replacementDelivered: boolean;
}

/** Answer of the token route (Authorization page). */
export interface FluteTokenAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly refresh_token?: string;
}
