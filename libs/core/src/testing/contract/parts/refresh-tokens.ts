import assert from 'node:assert/strict';
import type { ContractPart } from '../contract-part.js';
import type { ContractWorld } from '../contract-world.js';
import { fieldsOf, parametersOf } from '../wire-secrets.js';

const MADE_UP = 'contract-access-token-made-up';

/** Which refresh token is sent next. */
export function refreshTokens({ it, capabilities: { rotates, refreshes } }: ContractPart): void {
  const sent = ({ tokenCalls }: ContractWorld) =>
    tokenCalls.map((call) => parametersOf(call).refresh_token).filter(Boolean);

  if (rotates) {
    it('F14: a rotated refresh token is used next, and the old one never again', async ({
      world,
      one,
    }) => {
      const start = sent(world).length;
      const answered: unknown[] = [];
      for (let round = 0; round < 3; round += 1) {
        await world.renew(one, await world.token(one));
        answered.push(fieldsOf(world.tokenCalls.at(-1)?.answer ?? '').refresh_token);
      }
      assert.deepEqual(sent(world).slice(start + 1), answered.slice(0, 2));
      assert.equal(new Set(sent(world)).size, sent(world).length);
    });
  }

  it('F13: an answer without a refresh token leaves the present one in place', async ({
    world,
    one,
  }) => {
    await world.renew(one, await world.token(one));
    const brief = world.disturbTokens({
      kind: 'answer',
      status: 200,
      body: JSON.stringify({ access_token: MADE_UP, token_type: 'Bearer', expires_in: 3_600 }),
    });
    assert.equal(await world.renew(one, await world.token(one)), MADE_UP);
    brief.remove();
    await world.recovers(one, MADE_UP);
    assert.equal(sent(world).at(-1), sent(world).at(-2));
  });

  if (refreshes) {
    it('a refused refresh token is dropped, and a token obtained anew, once', async ({
      world,
      one,
    }) => {
      const refusal = world.proxy.disturb(
        (call) => world.isTokenCall(call) && parametersOf(call).refresh_token !== undefined,
        { kind: 'answer', status: 400, body: '{"error":"invalid_grant"}' },
      );
      const before = await world.token(one);
      const { tokens } = await world.cost(() => world.renew(one, before));
      refusal.remove();
      assert.equal(tokens, 2);
      await world.stands(one);
    });
  }
}
