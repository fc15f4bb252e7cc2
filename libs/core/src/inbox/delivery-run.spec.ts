import { FlockError } from '../foundation/errors/flock.error.js';
import type { DeliveryHandler } from './delivery-handlers.js';
import { runHandler } from './delivery-run.js';
import { RetryLater } from './retry-later.js';

describe('the end of a handler', () => {
  const endOf = (error: unknown) => {
    const run = () => {
      throw error;
    };
    const handler = { run } as unknown as DeliveryHandler;
    return runHandler(handler, {} as never, undefined, 60_000);
  };

  it.each([
    ['the code of an error of ours', new FlockError('not_connected', 'canary'), 'not_connected'],
    ['the name of any other', new TypeError('canary'), 'TypeError'],
    ['a word for what is no error', 'canary', 'error'],
    ['a word for a name that is none', Object.assign(new Error(), { name: 'a canary' }), 'error'],
  ])('keeps %s, and never what it says', async (_what, error, name) => {
    expect(await endOf(error)).toEqual({ kind: 'failed', error: name });
  });

  it('is put off for as long as it says, never into the past', async () => {
    expect(await endOf(new RetryLater(1.5))).toEqual({ kind: 'later', delayMs: 1_500 });
    expect(await endOf(new RetryLater(-1))).toEqual({ kind: 'later', delayMs: 0 });
  });
});
