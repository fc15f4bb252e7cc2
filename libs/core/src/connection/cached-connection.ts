import type { Connection } from '../provider/connection.js';
import type { ConnectionRow } from './connection.row.js';

/** An entry is read again after a minute, whatever the change feed says. */
export const REREAD_MS = 60_000;

/** A connection in memory, with its access token while that may be served. Times are monotonic. */
export interface CachedConnection {
  /**
   * The one time that the hot path compares with; 0 sends it the slow way. A whole number, which the
   * engine keeps in the object itself. The three fields of the hot path stand together.
   */
  freshUntil: number;
  /** Only what is served; the refresh token stays sealed in the store. */
  readonly accessToken: string | undefined;
  /** Set by each hit; eviction passes over marked entries once. */
  marked: boolean;
  readonly connection: Connection;
  readonly generation: number;
  readonly tokenVersion: number;
  readonly sessionEpoch: number;
  /** True when the stored tokens cannot be opened. */
  readonly unreadable: boolean;
  /** `performance.now()` at which the access token ends. */
  readonly expiresAt: number;
  /** Up to then the token is handed out; a little before its end. */
  readonly usableUntil: number;
  /** From then on a renewal runs behind the callers. */
  renewAt: number;
  /** From then on the row is read again, whatever the change feed says. */
  readonly rereadAt: number;
  /** Somebody asked for this token version, and the store knows. */
  used: boolean;
  /** Ref look-ups that lead here. */
  readonly slots: { map: Map<string, CachedConnection>; key: string }[];
  readonly row: CachedRow;
}

/** What a renewal needs to know of the row; nothing sealed. */
export type CachedRow = Pick<
  ConnectionRow,
  | 'id'
  | 'provider'
  | 'app'
  | 'environment'
  | 'generation'
  | 'token_version'
  | 'expires_at'
  | 'refreshed_at'
  | 'account'
  | 'server_url'
  | 'failure'
> & {
  /** `performance.now()` before which no renewal is tried. */
  readonly retryAt: number;
  /** A credential of its own is registered. */
  readonly registered: boolean;
};
