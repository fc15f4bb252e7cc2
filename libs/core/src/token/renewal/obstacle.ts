import type { ConnectionRow } from '../../connection/connection.row.js';
import type { Circuit } from '../endpoint/circuit.service.js';
import type { RenewalFailure } from '../endpoint/renewal-failure.js';
import type { RenewalPolicy } from '../endpoint/renewal-policy.js';

/** What stands in the way of a claim. */
export type Obstacle =
  /** Look again after so many milliseconds. */
  | { readonly kind: 'wait'; readonly ms: number }
  /** Something is stopped, and this process has the right to the one probe. */
  | { readonly kind: 'probe'; readonly circuit: Circuit }
  /** Nothing helps before so many milliseconds are over. */
  | {
      readonly kind: 'stop';
      readonly failure: RenewalFailure | (string & {});
      readonly ms: number;
    };

type HeldRow = Pick<ConnectionRow, 'retry_at' | 'failure' | 'refreshed_at' | 'claim_id' | 'db_now'>;

/** The pause after a failed attempt, which all instances obey. */
export function pauseOf({
  retry_at: retryAt,
  failure,
  db_now: now,
}: HeldRow): Obstacle | undefined {
  const ms = (retryAt ?? now) - now;
  return ms > 0 ? { kind: 'stop', failure: failure ?? 'unknown_outcome', ms } : undefined;
}

/**
 * Where nothing is stopped: renewed a moment ago, or held by another instance, which is looked at soon
 * and then less often.
 * @param round counts the looks, from 0
 */
export function waitOf(
  row: HeldRow,
  { minIntervalMs }: Pick<RenewalPolicy, 'minIntervalMs'>,
  round: number,
): Obstacle {
  const interval = (row.refreshed_at ?? 0) + minIntervalMs - row.db_now;
  if (row.claim_id === null && interval > 0) return { kind: 'wait', ms: interval + 1 };
  return { kind: 'wait', ms: Math.min(500, 50 * 1.5 ** round) * (0.75 + 0.5 * Math.random()) };
}
