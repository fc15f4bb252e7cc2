import type { Connection } from '@nest-flock/core';
import { FlockRedisModule } from '@nest-flock/redis';
import { ALL_DATABASES } from '../support/databases.js';
import { runCommand } from '../support/command.js';
import { expectOneCall, expire } from '../support/herd.js';
import { startInstance } from '../support/instance.js';
import type { Instance } from '../support/instance.js';
import { until } from '../support/poll.js';
import { untilRedis } from '../support/redis-host.js';
import { startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import { refreshCalls, startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';

const describeWithRedis =
  process.env.TEST_REDIS_URL === undefined ? describe.skip.each : describe.each;
const READERS = 1_000;
const PROCESSES = 2;

describeWithRedis(ALL_DATABASES)('processes joined by Redis, on %s', (_name, open) => {
  let redis: RedisServer;
  let suite: Suite;
  let connection: Connection;
  let instances: Instance[] = [];

  /** The instances do the work; this app only takes requests. */
  beforeAll(async () => {
    redis = await startRedis();
    suite = await startSuite(open, {
      flock: { background: false },
      imports: [FlockRedisModule.forRoot({ url: redis.url })],
    });
    connection = await suite.connect();
    suite.sandbox.flint.settings.grace = { kind: 'none' };
    await expire(suite, connection.id);
    await start('feed', 'renewals');
    await untilRedis(suite.host, 'up');
  });
  afterAll(async () => {
    await Promise.all(instances.map((instance) => instance.stop()));
    await suite.stop();
    await redis.dispose();
  });

  const start = async (...without: string[]) => {
    const settings = { redis: { url: redis.url }, without };
    instances = await Promise.all(
      Array.from({ length: PROCESSES }, () => startInstance(suite, settings)),
    );
  };
  const [one, two] = [() => instances[0] as Instance, () => instances[1] as Instance];
  /** Each process reads its share of it, for the first time. */
  const readAll = async (id: string) => {
    const outcomes = await Promise.all(
      instances.map((instance) => instance.getAccessToken(id, READERS / PROCESSES)),
    );
    expectOneCall(suite, outcomes);
  };

  it(`F8: ${READERS} readers in ${PROCESSES} processes on one expired token make one call`, async () => {
    await readAll(connection.id);
  });

  it('changes are handled by their BullMQ workers, once each, though a web process stored them', async () => {
    const before = one().handled.length + two().handled.length;
    const all = () => [...one().handled, ...two().handled];
    const waiting = () =>
      suite.database.sql("SELECT id FROM flock_delivery WHERE status = 'pending'");
    for (const merchant of ['mer_birch', 'mer_cedar', 'mer_birch', 'mer_cedar']) {
      const { id } = await suite.connect({ merchant });
      await suite.connections.disconnect(id);
    }
    await until(async () => (await waiting()).length === 0);
    await until(() => all().length >= before + 8);
    expect(await redis.admin.zcard('{flock}:deliveries:completed')).toBeGreaterThan(0);
    expect(new Set(all()).size).toBe(all().length);
    const rows = await suite.database.sql(
      // That of the first install may have been stored before Redis was found; nobody looks for it here.
      "SELECT runs FROM flock_delivery WHERE source = 'connection' AND connection_id <> ?",
      [connection.id],
    );
    expect(new Set(rows.map(({ runs }) => Number(runs)))).toEqual(new Set([1]));
  });

  it('a withdrawal is obeyed by all, though none of them looks by itself', async () => {
    const birch = await suite.connect({ merchant: 'mer_birch' });
    for (const instance of instances) {
      // It may still have to hear that it is back.
      await until(async () => (await instance.getAccessToken(birch.id)).errors.length === 0);
    }
    await suite.connections.disconnect(birch.id);
    for (const instance of instances) {
      await until(async () => {
        const { errors } = await instance.getAccessToken(birch.id);
        return errors[0] === 'connection_revoked';
      });
    }
  });

  it('F19, P34: a Retry-After that one process was given is obeyed by the other', async () => {
    const cedar = await suite.connect({ merchant: 'mer_cedar' });
    const { tokens: mine } = await one().getAccessToken(connection.id);
    const { tokens: theirs } = await until(async () => {
      const got = await two().getAccessToken(cedar.id);
      return got.errors.length === 0 && got;
    });
    for (const instance of instances) {
      await until(async () => (await instance.health()).redis === 'up');
    }
    suite.sandbox.reset();
    suite.sandbox.faults.add({
      on: 'token.refresh',
      fault: { kind: 'rate_limit', retryAfter: 300 },
    });
    const refused = { tokens: [], errors: ['provider_rate_limited'] };
    expect(
      await one().getAccessToken(connection.id, 1, { rejected: mine[0] as string }),
    ).toMatchObject(refused);
    expect(
      await two().getAccessToken(cedar.id, 1, { rejected: theirs[0] as string }),
    ).toMatchObject(refused);
    expect((await two().getAccessToken(cedar.id)).tokens).toEqual(theirs);
    // A command is of the fleet, too: cedar's token would be renewed by it.
    const { events } = await runCommand(suite, { redis: { url: redis.url } }, 'check');
    expect(events).toContainEqual(
      expect.objectContaining({
        id: cedar.id,
        outcome: 'unknown',
        reason: 'provider_rate_limited',
      }),
    );
    expect(refreshCalls(suite)).toHaveLength(1);
  });

  it('F26: and when Redis dies in the middle of it', async () => {
    // The pause of the last test lies in the processes too: fresh ones, which read for the first time.
    await redis.admin.flushall();
    await Promise.all(instances.map((instance) => instance.stop()));
    await suite.database.sql('UPDATE flock_connection SET retry_at = NULL WHERE id = ?', [
      connection.id,
    ]);
    await expire(suite, connection.id);
    suite.sandbox.reset();
    await start('renewals');
    const held = suite.sandbox.faults.add({ on: 'token.refresh', fault: { kind: 'hold' } });
    const reading = readAll(connection.id);
    await held.reached;
    await redis.stop();
    held.release();
    await reading;
    // What happens now is handled all the same.
    const before = one().handled.length + two().handled.length;
    await untilRedis(suite.host, 'down');
    const { id } = await suite.connect({ merchant: 'mer_birch' });
    await suite.connections.disconnect(id);
    await until(() => one().handled.length + two().handled.length >= before + 2);
  });
});
