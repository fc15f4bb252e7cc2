import { FlockError } from '../foundation/errors/flock.error.js';
import { within } from '../foundation/time/within.js';

/** Waits for `work`, but not beyond the deadline or the caller's signal. @throws FlockError `renewal_timeout` */
export const withDeadline = <T>(work: Promise<T>, ms: number, signal?: AbortSignal): Promise<T> =>
  within(ms, work, timedOut, signal);

function timedOut(): never {
  throw new FlockError('renewal_timeout', 'The token was not renewed in time.', {
    retryAfterSeconds: 1,
  });
}
