import assert from 'node:assert/strict';
import { RAW_WORDS } from '../bad-answers.js';
import type { ContractPart } from '../contract-part.js';

/** What the API may answer, and what that costs. */
export function apiCalls({ it, capabilities: { tokenPerUse } }: ContractPart): void {
  /** A token in memory, where there is one to be had. */
  const renewals = (renewed: number) => (tokenPerUse ? 1 + renewed : renewed);

  it('401 renews the token, and the call is made again', async ({ world, one }) => {
    await world.token(one);
    const once = world.disturbApi({ kind: 'answer', status: 401 }, 1);
    const cost = await world.cost(() => world.call(one));
    once.remove();
    assert.deepEqual(cost, { tokens: renewals(1), api: 2 });
  });

  it('401 to the new token as well is an error, not a loop', async ({ world, one }) => {
    await world.token(one);
    const always = world.disturbApi({ kind: 'answer', status: 401, body: RAW_WORDS });
    const cost = await world.cost(async () => {
      const error = await world.failure(world.call(one));
      assert.equal(error.code, 'provider_refused');
      assert.equal(error.providerStatus, 401);
    });
    always.remove();
    assert.deepEqual(cost, { tokens: renewals(1), api: 2 });
    await world.stands(one);
  });

  it('403 never renews', async ({ world, one }) => {
    await world.token(one);
    const refused = world.disturbApi({ kind: 'answer', status: 403, body: RAW_WORDS });
    const cost = await world.cost(async () => {
      const error = await world.failure(world.call(one));
      assert.equal(error.providerStatus, 403);
    });
    refused.remove();
    assert.deepEqual(cost, { tokens: renewals(0), api: 1 });
    await world.stands(one);
  });

  it('429 says when to come back', async ({ world, one }) => {
    const busy = world.disturbApi({
      kind: 'answer',
      status: 429,
      headers: { 'retry-after': '7' },
    });
    const error = await world.failure(world.call(one));
    busy.remove();
    assert.equal(error.code, 'provider_rate_limited');
    assert.equal(error.retryable, true);
    assert.equal(error.retryAfterSeconds, 7);
    await world.stands(one);
  });

  for (const status of [500, 502, 503, 504]) {
    it(`${status} is an end that nobody knows, and no reason to renew`, async ({ world, one }) => {
      await world.token(one);
      const down = world.disturbApi({ kind: 'answer', status, body: RAW_WORDS });
      const cost = await world.cost(async () => {
        const error = await world.failure(world.call(one));
        assert.equal(error.code, world.unclear(one));
        assert.equal(error.outcome, 'unknown');
        assert.equal(error.retryable, error.code === 'provider_unavailable');
      });
      down.remove();
      assert.deepEqual(cost, { tokens: renewals(0), api: 1 });
      await world.stands(one);
    });
  }

  it('a reset is an end that nobody knows', async ({ world, one }) => {
    const reset = world.disturbApi({ kind: 'reset' });
    const error = await world.failure(world.call(one));
    reset.remove();
    assert.equal(error.code, world.unclear(one));
    assert.equal(error.outcome, 'unknown');
    await world.stands(one);
  });
}
