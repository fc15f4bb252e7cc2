import { FlockError } from '../foundation/errors/flock.error.js';

/** Waits for `work`, but not beyond the deadline or the caller's signal; `work` goes on by itself. */
export function withDeadline<T>(work: Promise<T>, ms: number, signal?: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    const onAbort = () => {
      stop();
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      stop();
      reject(
        new FlockError('refresh_timeout', 'The token was not renewed in time.', {
          retryAfterSeconds: 1,
        }),
      );
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(stop);
  });
}
