import type { FlintApp } from './flint-app.js';
import type { GrantState } from './flint-install.js';

/** An authorization code. */
export interface CodeState {
  readonly app: FlintApp;
  readonly grant: GrantState;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  used: boolean;
  /** The family its exchange started. */
  family?: number;
}

/** A refresh token. */
export interface RefreshState {
  readonly grant: GrantState;
  readonly family: number;
  /** The one it replaced; forgotten once this one was used. */
  replaces?: RefreshState;
  /** When it was replaced, milliseconds since 1970. */
  rotatedAt?: number;
  /** Whether a replacement has been used, which ends an `until_used` grace. */
  replacementUsed: boolean;
  /** Whether a replacement has reached the client whole. */
  replacementDelivered: boolean;
}

/** An access token. */
export interface AccessState {
  readonly grant: GrantState;
  readonly family: number;
  readonly serial: number;
  readonly scopes: readonly string[];
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** The refresh token that was spent for it; forgotten once this one was used. */
  replaces?: RefreshState;
}
