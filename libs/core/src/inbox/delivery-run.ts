import { FlockError } from '../foundation/errors/flock.error.js';
import { within } from '../foundation/time/within.js';
import type { KeptEvent } from '../provider/kept-event.js';
import type { Delivery } from './delivery.js';
import type { DeliveryHandler } from './delivery-handlers.js';
import { RetryLater } from './retry-later.js';

export type HandlerEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'later'; readonly delayMs: number }
  | { readonly kind: 'failed'; readonly error: string };

const NAME = /^[\w.:-]{1,64}$/;

/** Runs one handler within its time. Never throws; of an error only its name is kept. */
export async function runHandler(
  handler: DeliveryHandler,
  delivery: Omit<Delivery, 'signal'>,
  event: KeptEvent | undefined,
  timeoutMs: number,
): Promise<HandlerEnd> {
  const abort = new AbortController();
  const run = Promise.resolve()
    .then(() => handler.run({ ...delivery, signal: abort.signal }, event))
    .then((): HandlerEnd => ({ kind: 'done' }), endOf);
  return within<HandlerEnd>(timeoutMs, run, () => {
    abort.abort(new DOMException('The handler has had its time.', 'TimeoutError'));
    return { kind: 'failed', error: 'timeout' };
  });
}

function endOf(error: unknown): HandlerEnd {
  if (error instanceof RetryLater) {
    return { kind: 'later', delayMs: Math.max(0, Math.round(error.seconds * 1_000)) };
  }
  const name =
    error instanceof FlockError ? error.code : error instanceof Error ? error.name : 'error';
  return { kind: 'failed', error: NAME.test(name) ? name : 'error' };
}
