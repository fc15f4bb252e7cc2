// A token from memory against the least that an async look-up can cost.
import { TokenService } from '@nest-flock/core';
import { startHost, startTokenServer } from './host.mjs';
import { compare, print } from './statistics.mjs';

const CONNECTIONS = 10_000;
const GETS = 200_000;

export async function run() {
  const server = await startTokenServer();
  const host = await startHost({ baseUrl: server.url, connections: CONNECTIONS });
  const tokens = host.app.get(TokenService);
  const order = Array.from({ length: GETS }, (_, index) => (index * 7_919) % CONNECTIONS);
  // An id that a request brings is never the very string object that a map holds.
  const held = (id) => Buffer.from(id).toString();
  const plain = new Map(host.ids.map((id) => [held(id), { token: 'x', until: Infinity }]));
  const refs = host.ids.map((_, index) => ({
    provider: 'flint',
    environment: 'test',
    account: `egrt_${index}`,
  }));
  const limit = async (id) => {
    const entry = plain.get(id);
    return entry.until > performance.now() ? entry.token : undefined;
  };
  for (const id of host.ids) await tokens.getAccessToken(id);
  for (const ref of refs) await tokens.getAccessToken(ref);

  const timed = (work) => async () => {
    const started = performance.now();
    for (const index of order) await work(index);
    return ((performance.now() - started) / GETS) * 1_000;
  };
  const cases = [
    ['limit: awaited Map look-up and one clock read', timed((index) => limit(host.ids[index]))],
    ['getAccessToken by id', timed((index) => tokens.getAccessToken(host.ids[index]))],
    ['getAccessToken by ref', timed((index) => tokens.getAccessToken(refs[index]))],
  ];
  for (const [, work] of cases) await work();
  print('Cached token', await compare(cases, 11), 'us', {
    'getAccessToken by id': '<= 1.5',
    'getAccessToken by ref': '<= 1.5',
  });
  await host.stop();
  server.stop();
}
