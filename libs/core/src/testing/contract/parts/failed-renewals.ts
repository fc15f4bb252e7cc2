import assert from 'node:assert/strict';
import { BAD_ANSWERS, RAW_WORDS } from '../bad-answers.js';
import { QUICK } from '../contract-host.js';
import type { ContractPart } from '../contract-part.js';
import { toldAs } from '../told-as.js';

/** The token endpoint answers without a token: what the caller learns, and that nothing is lost. */
export function failedRenewals({ it, capabilities }: ContractPart): void {
  const { needsPerson, tokenPerUse } = capabilities;

  for (const { name, fault, means } of BAD_ANSWERS) {
    const code = toldAs(means, capabilities);
    it(`${name}: the caller learns ${code}, and nothing is lost`, async ({ world, one }) => {
      const before = await world.token(one);
      const asking = fault.kind === 'stall' ? await world.fromHastyHost() : world;
      const disturbed = world.disturbTokens(fault);
      const error = await world.failure(asking.renew(one, before));
      if (!tokenPerUse) assert.equal(await asking.token(one), before);
      disturbed.remove();
      assert.equal(error.code, code);
      const token = await world.recovers(one, before);
      if (!tokenPerUse) assert.equal(await asking.renew(one, before), token);
    });
  }

  it('F19: 429 says when to come back, and until then nothing is sent', async ({ world, one }) => {
    const before = await world.token(one);
    const asked = performance.now();
    const busy = world.disturbTokens({
      kind: 'answer',
      status: 429,
      headers: { 'retry-after': '2' },
      body: RAW_WORDS,
    });
    const error = await world.failure(world.renew(one, before));
    assert.equal(error.code, 'provider_rate_limited');
    assert.equal(error.retryAfterSeconds, 2);
    if (!tokenPerUse) {
      assert.equal(await world.token(one), before);
      const { tokens } = await world.cost(() => world.failure(world.renew(one, before)));
      // On a machine that stood still the time may have come meanwhile.
      if (performance.now() - asked < 2_000) assert.equal(tokens, 0);
    }
    busy.remove();
    await world.recovers(one, before);
  });

  for (const status of [302, 307]) {
    it(`F23: ${status} is not followed, so the secret goes nowhere else`, async ({
      world,
      one,
    }) => {
      const before = await world.token(one);
      const led = world.disturbTokens({
        kind: 'answer',
        status,
        headers: { location: `${world.trap.url}/token` },
      });
      const error = await world.failure(world.renew(one, before));
      led.remove();
      assert.equal(error.code, 'provider_unavailable');
      assert.deepEqual(world.trap.calls, []);
      await world.recovers(one, before);
    });
  }

  it('F24: a rejected credential stops itself, marks nobody, and leaves the other app alone', async ({
    world,
    one,
    other,
    second,
  }) => {
    const tokens = {
      one: await world.token(one),
      other: await world.token(other),
      second: await world.token(second),
    };
    let ours = true;
    const rejected = world.proxy.disturb((call) => ours && world.isTokenCall(call), {
      kind: 'answer',
      status: 401,
      body: JSON.stringify({ error: 'invalid_client', error_description: RAW_WORDS }),
    });
    const asked = performance.now();
    const error = await world.failure(world.renew(one, tokens.one));
    assert.equal(error.code, 'app_credentials_rejected');
    assert.equal(error.retryable, false);
    // Merchants share the app's credential; accounts have one each.
    const sharer = needsPerson ? other : one;
    const { tokens: calls } = await world.cost(async () => {
      const again = await world.failure(
        world.renew(sharer, needsPerson ? tokens.other : tokens.one),
      );
      assert.equal(again.code, 'app_credentials_rejected');
    });
    // On a machine that stood still it may be time to look whether it is accepted again.
    if (performance.now() - asked < QUICK.probeIntervalMs) assert.equal(calls, 0);
    ours = false;
    assert.notEqual(await world.renew(second, tokens.second), tokens.second);
    if (!needsPerson) assert.notEqual(await world.renew(other, tokens.other), tokens.other);
    rejected.remove();
    for (const { id } of [one, other, second]) {
      assert.equal((await world.host.connections.get(id)).status, 'active');
    }
    await world.recovers(one, tokens.one);
    if (needsPerson) await world.recovers(other, tokens.other);
  });
}
