import { FlockError } from '@nest-flock/core';
import type { FlockErrorDetails } from '@nest-flock/core';

/** In problem details beside what was told. */
const FRAME = new Set(['type', 'title', 'status', 'detail', 'code', 'retryable']);

/**
 * The error of a failed write, with its `Idempotency-Key`, so that a repeat can use it. With a key
 * that was made for the call a blind repeat would be a second write, so it is not `retryable`.
 */
export function writeError(error: unknown, idempotencyKey: string, given: boolean): unknown {
  if (!(error instanceof FlockError)) return error;
  const members = Object.entries(error.getResponse()).filter(([name]) => !FRAME.has(name));
  const details = { ...(Object.fromEntries(members) as FlockErrorDetails), idempotencyKey };
  const open = error.outcome === 'unknown' && !given;
  return open
    ? new FlockError(
        'outcome_unknown',
        `${error.message} Repeat it with the idempotencyKey of this error.`,
        details,
      )
    : new FlockError(error.code, error.message, details);
}
