import assert from 'node:assert/strict';
import { BAD_ANSWERS, RAW_WORDS } from '../bad-answers.js';
import type { ContractPart } from '../contract-part.js';
import type { ProxyFault } from '../fault-proxy.js';
import { toldAs } from '../told-as.js';

const DEAD_GRANT: ProxyFault = {
  kind: 'answer',
  status: 400,
  body: JSON.stringify({ error: 'invalid_grant', error_description: RAW_WORDS }),
};

/** A grant or a connection is over, and whom that concerns. */
export function ending(part: ContractPart): void {
  if (part.capabilities.needsPerson) endsOfMerchants(part);
  else endsOfCredentials(part);

  part.it(
    'what is disconnected gets no token and makes no call',
    async ({ world, other, second }) => {
      await world.host.connections.disconnect(other.id);
      const cost = await world.cost(async () => {
        assert.equal((await world.failure(world.token(other))).code, 'connection_revoked');
        assert.equal((await world.failure(world.call(other))).code, 'connection_revoked');
      });
      assert.deepEqual(cost, { tokens: 0, api: 0 });
      await world.stands(second);
    },
  );
}

function endsOfMerchants({ it }: ContractPart): void {
  for (const { name, fault } of BAD_ANSWERS.filter(({ name }) => !name.startsWith('F21'))) {
    it(`${name}, to an authorization code: nothing changes, and the merchant starts again`, async ({
      world,
      one,
    }) => {
      const before = await world.host.connections.get(one.id);
      const disturbed = world.disturbTokens(fault);
      await assert.rejects(world.connect());
      disturbed.remove();
      const now = await world.host.connections.get(one.id);
      assert.equal(now.generation, before.generation);
      assert.equal(now.status, 'active');
    });
  }

  it('invalid_grant asks this merchant to connect again, and nobody else', async ({
    world,
    one,
    other,
  }) => {
    const dead = world.disturbTokens(DEAD_GRANT);
    const error = await world.failure(world.renew(one, await world.token(one)));
    dead.remove();
    assert.equal(error.code, 'reauthorization_required');
    await world.stands(other);
    const again = await world.connect();
    assert.equal(again.status, 'active');
    await world.stands(again);
  });
}

function endsOfCredentials({ it, capabilities }: ContractPart): void {
  it('invalid_grant never asks for a person', async ({ world, one }) => {
    const before = await world.token(one);
    const dead = world.disturbTokens(DEAD_GRANT);
    const error = await world.failure(world.renew(one, before));
    dead.remove();
    assert.equal(error.code, toldAs('refused', capabilities));
    await world.recovers(one, before);
  });
}
