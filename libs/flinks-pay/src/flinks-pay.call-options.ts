import type { ConnectionRef } from '@nest-flock/core';

/** Whose call it is, and how long it may take. */
export interface FlinksPayCallOptions {
  /** Default: the only account of the only app. */
  readonly connection?: ConnectionRef;
  /** Milliseconds for each request after the token's, default 30,000. */
  readonly timeoutMs?: number;
}
