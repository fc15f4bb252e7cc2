import assert from 'node:assert/strict';
import type { ContractPart } from '../contract-part.js';
import type { ContractWorld } from '../contract-world.js';
import type { ProxiedCall } from '../fault-proxy.js';

/** Accounts, apps and environments never get each other's tokens. */
export function separation({ it, capabilities }: ContractPart): void {
  const { tokenPerUse, environments } = capabilities;

  it('S36: two accounts of two apps never get each other’s tokens, however many ask at once', async ({
    world,
    one,
    other,
    second,
  }) => {
    const all = [one, other, second, await world.connect({ app: 'second', account: 1 })];
    assert.equal(new Set(all.map(({ id }) => id)).size, 4);
    const before = await Promise.all(all.map((connection) => world.token(connection)));
    const tokens = await Promise.all(
      all.map((connection, index) => world.renew(connection, before[index] as string)),
    );
    assert.equal(new Set([...before, ...tokens]).size, 8);
    const [asOne, asOther, asSecond] = tokens.map((token) => credentialOf(world, token));
    assert.notEqual(asOne, asOther);
    assert.notEqual(asOne, asSecond);
    const start = world.apiCalls().length;
    await Promise.all(all.flatMap((each) => Array.from({ length: 10 }, () => world.call(each))));
    assert.equal(world.apiCalls().length, start + 40);
    for (const [index, connection] of all.entries()) {
      const calls = world.apiCalls(connection).slice(-10);
      assert.ok(calls.every(({ path }) => world.isOfApi(connection, path)));
      const used = calls.map(bearerOf);
      if (tokenPerUse) {
        assert.equal(new Set(used).size, 10);
        const asked = (token: string) => credentialOf(world, token);
        assert.deepEqual(new Set(used.map(asked)), new Set([asked(tokens[index] as string)]));
      } else {
        assert.deepEqual(new Set(used), new Set([tokens[index]]));
      }
    }
  });

  it('S36: a name that fits connections of two apps is refused, not guessed', async ({
    world,
    one,
    second,
  }) => {
    const { provider, environment, account } = one;
    if (second.account !== account) return;
    const error = await world.failure(
      world.host.tokens.getAccessToken({ provider, environment, account }),
    );
    assert.equal(error.code, 'connection_ambiguous');
  });

  if (environments.length > 1) {
    it('S18, S36: a token of one environment is never sent to another', async ({ world }) => {
      const each = await Promise.all(
        environments.map((environment) => world.connect({ environment })),
      );
      const tokens = await Promise.all(each.map((connection) => world.token(connection)));
      assert.equal(new Set(tokens).size, environments.length);
      await Promise.all(each.flatMap((connection) => [1, 2, 3].map(() => world.call(connection))));
      for (const [index, connection] of each.entries()) {
        assert.equal(connection.environment, environments[index]);
        for (const call of world.apiCalls(connection).slice(-3)) {
          assert.ok(world.isOfApi(connection, call.path));
          if (!tokenPerUse) assert.equal(bearerOf(call), tokens[index]);
        }
      }
    });
  }
}

const bearerOf = ({ headers }: ProxiedCall): string =>
  (headers.authorization ?? '').replace(/^Bearer /, '');

/** Which credential a token was obtained with: all that its token call said. */
function credentialOf(world: ContractWorld, token: string): string {
  const call = world.issuedBy(token);
  assert.ok(call !== undefined, 'a token that no token call brought');
  return [call.url, call.headers.authorization, call.body].join('\n');
}
