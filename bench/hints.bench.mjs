// How long a withdrawal in one process takes to be obeyed in another, with and without Redis.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { median } from './statistics.mjs';
import { startHost } from './host.mjs';

const WITHDRAWALS = 30;
const GOAL_MS = 200;

/** The latencies of so many withdrawals, milliseconds. */
async function measure(redisUrl) {
  const directory = mkdtempSync(join(tmpdir(), 'flock-hints-'));
  const databaseUrl = `sqlite:${join(directory, 'flock.sqlite')}`;
  const prefix = `bench-${process.pid}`;
  const redis = redisUrl === undefined ? undefined : { url: redisUrl, prefix, queue: false };
  const settings = { databaseUrl, redis, dataDir: directory };
  const here = await startHost({ ...settings, connections: WITHDRAWALS });
  const { ConnectionService } = await import('@nest-flock/core');
  const connections = here.app.get(ConnectionService);
  const reader = fork(new URL('./hints-reader.mjs', import.meta.url), [JSON.stringify(settings)]);
  await once(reader, 'message');
  const latencies = [];
  for (const id of here.ids) {
    reader.send(id);
    await once(reader, 'message');
    const obeyed = once(reader, 'message');
    // At any point of the second between two looks of the feed.
    await wait(Math.random() * 1_000);
    await connections.disconnect(id);
    // One clock: both processes are on this machine.
    const committedAt = performance.timeOrigin + performance.now();
    const [at] = await obeyed;
    latencies.push(Math.max(0, at - committedAt));
  }
  reader.disconnect();
  await once(reader, 'exit');
  await here.stop();
  rmSync(directory, { recursive: true, force: true });
  return latencies;
}

export async function run() {
  console.log(`\nA withdrawal is obeyed by another process after (${WITHDRAWALS} withdrawals)`);
  const url = process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379';
  for (const [name, redisUrl, goal] of [
    ['with Redis', url, `   goal ${GOAL_MS} ms at most`],
    ['without', undefined, ''],
  ]) {
    const latencies = await measure(redisUrl);
    const worst = Math.max(...latencies).toFixed(1);
    console.log(
      `  ${name.padEnd(12)} median ${median(latencies).toFixed(1)} ms, worst ${worst} ms${goal}`,
    );
  }
}
