import assert from 'node:assert/strict';
import type { ContractPart } from '../contract-part.js';

/** Neither an answer nor a path leads a call, and the token with it, elsewhere. */
export function ledAstray({ it }: ContractPart): void {
  for (const status of [301, 302, 307, 308]) {
    it(`S18: ${status} does not lead the token elsewhere`, async ({ world, one }) => {
      const led = world.disturbApi({
        kind: 'answer',
        status,
        headers: { location: `${world.trap.url}/things` },
      });
      await world.failure(world.call(one));
      led.remove();
      assert.deepEqual(world.trap.calls, []);
    });
  }

  it('S18: no path leads the token to another host', async ({ world, one }) => {
    const { host } = new URL(world.trap.url);
    const own = world.apiOf(one).host;
    for (const path of [
      `${world.trap.url}/things`,
      `http://${own}@${host}/things`,
      `@${host}/things`,
      `:x@${host}/things`,
      `.${host}/things`,
      `//${host}/things`,
      `\\\\${host}\\things`,
      `/\t/${host}/things`,
    ]) {
      // Some are paths of its own host after all, if odd ones.
      await world.send(one, path).catch(() => undefined);
    }
    assert.deepEqual(world.trap.calls, []);
  });

  it('S18: no path leads the token beside the API of its environment', async ({ world, one }) => {
    const { href } = world.apiOf(one);
    const start = world.apiCalls().length;
    const base = href.replace(/\/$/, '');
    for (const path of [
      '/../beside',
      '/%2e%2e/beside',
      '/..\\beside',
      '-beside/things',
      `${base}-beside/things`,
      `${base}/../beside`,
    ]) {
      await world.send(one, path).catch(() => undefined);
    }
    const reached = world.apiCalls().slice(start);
    assert.deepEqual(
      reached.map(({ path }) => path).filter((path) => !world.isOfApi(one, path)),
      [],
    );
  });
}
