import { FlockError } from '../../foundation/errors/flock.error.js';
import type { FlockErrorDetails } from '../../foundation/errors/flock.error.js';

/** What a call may have done, and whether the same call again would do it twice. */
export interface ApiWrite {
  readonly writes?: boolean;
  readonly repeatable: boolean;
  readonly idempotencyKey?: string;
}

export const A_READ: ApiWrite = { repeatable: true };

/**
 * The error of a call without a clear answer. Only where sending it again does no harm is it
 * `retryable`: a caller that retries must not pay twice.
 */
export function unanswered(
  what: string,
  { writes, repeatable, idempotencyKey }: ApiWrite,
  details: FlockErrorDetails = {},
): FlockError {
  const unknown = {
    ...details,
    outcome: 'unknown' as const,
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  };
  if (writes !== true) return new FlockError('provider_unavailable', what, unknown);
  const open = `${what} Nobody knows whether the call was carried out`;
  if (repeatable) return new FlockError('provider_unavailable', `${open}.`, unknown);
  return new FlockError(
    'outcome_unknown',
    idempotencyKey === undefined
      ? `${open}, and a second one would do it again: look it up at the provider first.`
      : `${open}; repeat it with the idempotencyKey of this error, or look it up at the provider.`,
    unknown,
  );
}
