import assert from 'node:assert/strict';
import type { Connection } from '../../../provider/connection.js';
import { ODD_LIVES } from '../bad-answers.js';
import type { ContractPart } from '../contract-part.js';
import type { ContractWorld } from '../contract-world.js';

/** The token endpoint answers with a token, and odd things beside it. */
export function oddTokens({ it, capabilities: { tokenPerUse } }: ContractPart): void {
  for (const { name, value } of ODD_LIVES) {
    it(`${name}: the token is good, for as long as the provider's tokens usually are`, async ({
      world,
      one,
    }) => {
      await world.renewWith(one, { expires_in: value });
      await world.stands(one);
      const { defaultLifetimeSeconds } = world.app(one).definition.profile;
      if (!tokenPerUse) await lasts(world, one, defaultLifetimeSeconds);
    });
  }

  it('F16: expires_in as a whole number in text counts', async ({ world, one }) => {
    await world.renewWith(one, { expires_in: '1234' });
    await world.stands(one);
    if (!tokenPerUse) await lasts(world, one, 1_234);
  });

  for (const type of [undefined, '', 'MAC', 7]) {
    it(`F25: token_type ${JSON.stringify(type)} keeps no token from use`, async ({
      world,
      one,
    }) => {
      await world.renewWith(one, { token_type: type });
      await world.stands(one);
    });
  }

  if (!tokenPerUse) {
    it('F25: narrower scopes are what the connection has from then on', async ({ world, one }) => {
      await world.renewWith(one, { scope: 'contract.narrow' });
      const { scopes } = await world.host.connections.get(one.id);
      assert.deepEqual(scopes, ['contract.narrow']);
      await world.renew(one, await world.token(one));
    });
  }
}

/** By the store's clock, which is this machine's; a minute is nothing among these lives. */
async function lasts(world: ContractWorld, { id }: Connection, seconds: number): Promise<void> {
  const { expiresAt } = await world.host.connections.get(id);
  const rest = (Number(expiresAt) - Date.now()) / 1_000;
  assert.ok(Math.abs(rest - seconds) < 60, `lasts ${rest} s, not ${seconds} s`);
}
