import { FlockError } from '@nest-flock/core';
import type { FlockErrorDetails } from '@nest-flock/core';

/** In problem details beside what was told. */
const FRAME = new Set(['type', 'title', 'status', 'detail', 'code', 'retryable']);

/**
 * The error of a failed call. A 408 (`API_TIMEOUT`, card page) is told as an answer that never came,
 * and a write's `Idempotency-Key` is kept with it, so that a repeat can use it.
 */
export function callError(error: unknown, idempotencyKey?: string): unknown {
  if (!(error instanceof FlockError)) return error;
  const timedOut = error.code === 'provider_refused' && error.providerStatus === 408;
  if (!timedOut && idempotencyKey === undefined) return error;
  const details: FlockErrorDetails = {
    ...detailsOf(error),
    ...(timedOut && { outcome: 'unknown' }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  };
  return timedOut
    ? new FlockError('provider_unavailable', 'Flex Pay took too long (408).', details)
    : new FlockError(error.code, error.message, details);
}

function detailsOf(error: FlockError): FlockErrorDetails {
  const members = Object.entries(error.getResponse()).filter(([name]) => !FRAME.has(name));
  return Object.fromEntries(members);
}
