import assert from 'node:assert/strict';
import { RenewalScheduler } from '../../../token/renewal/renewal.scheduler.js';
import { hasRefreshTokens } from '../contract-part.js';
import type { ContractPart } from '../contract-part.js';

/** A token is there, and many who want it make one call. */
export function obtaining({ it, capabilities }: ContractPart): void {
  const { needsPerson, rotates, tokenPerUse, refreshes, environments } = capabilities;

  it('the definition is as its subject says, so no row is left out by mistake', async ({
    world,
    one,
  }) => {
    const { definition } = world.app(one);
    assert.deepEqual(
      { needsPerson, tokenPerUse, refreshes, rotates },
      {
        needsPerson: definition.grant === 'authorization_code',
        tokenPerUse: definition.tokenPerUse === true,
        refreshes: definition.refreshes === true,
        rotates: hasRefreshTokens(capabilities) && definition.profile.rotates,
      },
    );
    assert.deepEqual([...environments].sort(), [...definition.environments].sort());
  });

  it('a token is obtained and the provider accepts it', async ({ world, one }) => {
    await world.stands(one);
  });

  it('what renews ahead of need finds its way among the accounts', async ({ world }) => {
    const instance = await world.anotherHost({ background: true });
    const scheduler = instance.app.get(RenewalScheduler);
    await scheduler.tick();
    await scheduler.stop();
    await instance.stop();
    // Not `doesNotMatch`: its report would hold all of the output.
    const complains = /scheduler could not look/.test(await world.output());
    assert.ok(!complains, 'the scheduler could not look for due renewals');
  });

  if (tokenPerUse) tokensOfOneUse({ it, capabilities });
  else sharedTokens({ it, capabilities });
}

function tokensOfOneUse({ it }: ContractPart): void {
  it('every use has a token of its own, also at the same time', async ({ world, one }) => {
    const tokens = [await world.token(one), await world.token(one)];
    tokens.push(...(await Promise.all([1, 2, 3, 4].map(() => world.token(one)))));
    assert.equal(new Set(tokens).size, 6);
    const { tokens: calls } = await world.cost(() => world.call(one));
    assert.equal(calls, 1);
  });
}

function sharedTokens({ it }: ContractPart): void {
  it('F31: callers share one token, and one renewal of it', async ({ world, one }) => {
    const before = await world.token(one);
    const { tokens: none } = await world.cost(() => world.token(one));
    assert.equal(none, 0);
    const held = world.disturbTokens({ kind: 'hold' });
    let renewed: string[] = [];
    const { tokens: calls } = await world.cost(async () => {
      const waiting = Promise.all(Array.from({ length: 20 }, () => world.renew(one, before)));
      await held.reached;
      held.remove();
      renewed = await waiting;
    });
    assert.equal(calls, 1);
    assert.equal(new Set(renewed).size, 1);
    assert.notEqual(renewed[0], before);
    await world.stands(one);
  });

  it('F8: two instances make one call and share its token', async ({ world, one }) => {
    const before = await world.token(one);
    const instance = await world.anotherHost({ background: true });
    const held = world.disturbTokens({ kind: 'hold' });
    let renewed: string[] = [];
    const { tokens: calls } = await world.cost(async () => {
      const mine = world.renew(one, before);
      await held.reached;
      const theirs = instance.tokens.getAccessToken(one.id, { rejected: before });
      held.remove();
      renewed = await Promise.all([mine, theirs]);
    });
    assert.equal(calls, 1);
    assert.equal(renewed[0], renewed[1]);
  });

  it('a token that ends is replaced by itself', async ({ world, one }) => {
    const before = await world.renewWith(one, { expires_in: 2 });
    await world.replaced(one, before);
  });
}
