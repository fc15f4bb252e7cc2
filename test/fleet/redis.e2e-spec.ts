import { Injectable } from '@nestjs/common';
import { OnTask, TaskService, TokenService } from '@nest-flock/core';
import type { Connection, Delivery } from '@nest-flock/core';
import { DELIVERY_QUEUE, FlockRedisModule } from '@nest-flock/redis';
import type { FlockRedisOptions } from '@nest-flock/redis';
import { Queue } from 'bullmq';
import { DATABASES } from '../support/databases.js';
import type { Host } from '../support/host.js';
import { NoisyLogger } from '../support/noisy-logger.js';
import { failureOf, until } from '../support/poll.js';
import { describeWithRedis, Heard, untilRedis } from '../support/redis-host.js';
import { dump, startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import { refreshCalls, startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';
import { withoutTimer } from '../support/without-timer.js';

const [, openSqlite] = DATABASES[0] as (typeof DATABASES)[number];

/** Each task runs until the test ends it. */
@Injectable()
class Held {
  readonly running = new Map<string, () => void>();
  readonly done: string[] = [];
  /** The most of a kind at once. */
  readonly peaks: Record<string, number> = {};

  @OnTask('flint', '*')
  async hold({ id, type }: Delivery): Promise<void> {
    await new Promise<void>((resolve) => {
      this.running.set(`${type} ${id}`, resolve);
      this.peaks[type] = Math.max(this.peaks[type] ?? 0, this.of(type).length);
    });
    this.running.delete(`${type} ${id}`);
    this.done.push(type);
  }

  of(type: string): (() => void)[] {
    return [...this.running].flatMap(([key, end]) => (key.startsWith(`${type} `) ? [end] : []));
  }
}

@Injectable()
class Failing {
  readonly attempts: number[] = [];

  @OnTask('flint', 'failing')
  fail({ attempt }: Delivery): void {
    this.attempts.push(attempt);
    throw new Error('not today');
  }
}

describeWithRedis('with Redis', () => {
  let redis: RedisServer;
  let suite: Suite;
  let other: Host;
  let connection: Connection;
  const logger = new NoisyLogger();

  const withRedis = (options: FlockRedisOptions = {}) => ({
    logger,
    imports: [FlockRedisModule.forRoot({ url: redis.url, ...options })],
  });

  beforeAll(async () => {
    redis = await startRedis();
    suite = await startSuite(openSqlite, { ...withRedis(), providers: [Heard] });
    other = await suite.another();
    connection = await suite.connect();
    await untilRedis(suite.host, 'up');
    await untilRedis(other, 'up');
  });
  afterAll(async () => {
    await suite.stop();
    await redis.dispose();
  });
  beforeEach(() => (logger.lines.length = 0));

  it('P18: a withdrawal is obeyed by an instance whose own feed stands still', async () => {
    // Without workers either: handling the change would read the connection anew.
    const idle = await suite.another({ flock: { background: false } });
    await untilRedis(idle, 'up');
    withoutTimer(idle, 'feed');
    const theirs = idle.app.get(TokenService);
    const birch = await suite.connect({ merchant: 'mer_birch' });
    expect(await theirs.getAccessToken(birch.id)).toEqual(expect.any(String));
    await suite.connections.disconnect(birch.id);
    const error = await until(() =>
      theirs.getAccessToken(birch.id).then(
        () => undefined,
        (failure: { code: string }) => failure,
      ),
    );
    expect(error.code).toBe('connection_revoked');
  });

  it('renewals are no news: they make no hint', async () => {
    const heard: string[] = [];
    const listener = redis.admin.duplicate();
    await listener.subscribe('flock:hints');
    listener.on('message', (_channel, sender) => heard.push(sender));
    await suite.renew(connection.id);
    const cedar = await suite.connect({ merchant: 'mer_cedar' });
    await until(() => heard.length > 0);
    const installed = heard.length;
    await suite.renew(connection.id);
    await suite.renew(cedar.id);
    await suite.connections.disconnect(cedar.id);
    await until(() => heard.length > installed);
    // One for the install and one for the withdrawal, at most two each.
    expect(heard.length).toBeLessThanOrEqual(4);
    listener.disconnect();
  });

  it('F19: a Retry-After is obeyed by every instance, and a valid token served meanwhile', async () => {
    const theirs = other.app.get(TokenService);
    const maple = await suite.connect({ merchant: 'mer_birch' });
    const mine = await suite.tokens.getAccessToken(connection.id);
    // It was withdrawn before, and they may still have to hear that it is back.
    const held = await until(() => theirs.getAccessToken(maple.id).catch(() => undefined));
    suite.sandbox.reset();
    suite.sandbox.faults.add({
      on: 'token.refresh',
      fault: { kind: 'rate_limit', retryAfter: 8 },
    });
    const asked = performance.now();
    const refused = { code: 'provider_rate_limited', retryable: true };
    expect(
      await failureOf(suite.tokens.getAccessToken(connection.id, { rejected: mine })),
    ).toMatchObject(refused);
    expect(await failureOf(theirs.getAccessToken(maple.id, { rejected: held }))).toMatchObject({
      ...refused,
      retryAfterSeconds: expect.any(Number) as number,
    });
    expect(await theirs.getAccessToken(maple.id)).toBe(held);
    expect(refreshCalls(suite)).toHaveLength(1);
    await until(() => theirs.getAccessToken(maple.id, { rejected: held }).catch(() => undefined));
    // It goes on only when the time is over, never before.
    expect(performance.now() - asked).toBeGreaterThanOrEqual(8_000);
  });

  it('P17: what a merchant’s install is granted ends the pause in Redis too', async () => {
    const host = await suite.another({
      ...withRedis({ prefix: 'resumed' }),
      flock: { background: false },
    });
    await untilRedis(host, 'up');
    const tokens = host.app.get(TokenService);
    const rejected = await tokens.getAccessToken(connection.id);
    const renew = () => tokens.getAccessToken(connection.id, { rejected });
    const pauses = () => redis.admin.keys('*resumed*:pause');
    suite.sandbox.faults.add({
      on: 'token.refresh',
      fault: { kind: 'rate_limit', retryAfter: 600 },
    });
    expect(await failureOf(renew())).toMatchObject({ code: 'provider_rate_limited' });
    expect(await pauses()).toHaveLength(1);
    const { page } = await host.install({ merchant: 'mer_cedar' });
    expect(page.status).toBe(303);
    await until(async () => (await pauses()).length === 0);
    await suite.database.sql('UPDATE flock_connection SET retry_at = NULL');
    expect(await renew()).not.toBe(rejected);
  });

  it('a ceiling holds for the fleet: what one instance has sent, another may not', async () => {
    const start = async () => {
      const host = await suite.another({
        ...withRedis({ prefix: 'limited' }),
        flint: { ratePerSecond: 0.01 },
        flock: { background: false },
      });
      await untilRedis(host, 'up');
      return host;
    };
    const [one, two] = [await start(), await start()];
    const oak = await suite.connect({ merchant: 'mer_cedar' });
    const token = await one.app.get(TokenService).getAccessToken(oak.id);
    const renewed = await one.app.get(TokenService).getAccessToken(oak.id, { rejected: token });
    const { token_version } = await suite.row(oak.id);
    expect(
      await failureOf(two.app.get(TokenService).getAccessToken(oak.id, { rejected: renewed })),
    ).toMatchObject({ code: 'provider_rate_limited', retryable: true });
    expect(await suite.row(oak.id)).toMatchObject({ token_version, claim_id: null });
  });

  it('P19: deliveries are handled by BullMQ workers, ids only, once each, lifecycle events first', async () => {
    for (const host of [suite.host, other]) withoutTimer(host, 'deliveries');
    const before = suite.host.app.get(Heard).all.length + other.app.get(Heard).all.length;
    const installed: Connection[] = [];
    for (const merchant of ['mer_acorn', 'mer_birch', 'mer_cedar']) {
      installed.push(await suite.connect({ merchant }));
    }
    for (const { id } of installed) await suite.connections.disconnect(id);
    const all = () => [...suite.host.app.get(Heard).all, ...other.app.get(Heard).all];
    await until(() => all().length >= before + 6);
    const ids = all().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const queue = new Queue(DELIVERY_QUEUE, { connection: redis.admin, prefix: '{flock}' });
    const jobs = await until(async () => {
      const done = await queue.getCompleted();
      return done.length >= 6 && done;
    });
    for (const { data, opts } of jobs) {
      expect(Object.keys(data as object)).toEqual(['id']);
      expect(opts).toMatchObject({
        priority: 1,
        removeOnComplete: { count: 1_000, age: 3_600 },
        removeOnFail: { count: 1_000, age: 86_400 },
      });
    }
    expect(jobs.filter(({ returnvalue }) => returnvalue === 'done').length).toBeGreaterThan(5);
    await queue.close();
  });

  it('F48: a delivery that a worker takes up counts its attempts, and says so, up to the last', async () => {
    const failing = await startSuite(openSqlite, {
      ...withRedis({ prefix: 'failing' }),
      providers: [Failing],
      flock: { deliveries: { maxAttempts: 3, retryBaseMs: 10, retryCapMs: 10 } },
    });
    await untilRedis(failing.host, 'up');
    withoutTimer(failing.host, 'deliveries');
    await failing.host.app
      .get(TaskService)
      .schedule({ provider: 'flint', app: 'flint', type: 'failing', key: 'one' });
    await until(async () => {
      const [row] = await failing.database.sql(
        "SELECT status FROM flock_delivery WHERE type = 'failing'",
      );
      return row?.status === 'dead';
    });
    expect(failing.host.app.get(Failing).attempts).toEqual([1, 2, 3]);
    await failing.stop();
  });

  it('S23: an error of the store tells Redis nothing of it', async () => {
    const queue = new Queue(DELIVERY_QUEUE, { connection: redis.admin, prefix: '{flock}' });
    await suite.database.sql('ALTER TABLE flock_delivery RENAME TO elsewhere');
    const { id } = await queue.add('delivery', { id: 'unreadable' });
    const failed = await until(async () => {
      const job = await queue.getJob(id as string);
      return job?.failedReason !== undefined && job;
    });
    await suite.database.sql('ALTER TABLE elsewhere RENAME TO flock_delivery');
    expect(failed.failedReason).toMatch(/^the store did not answer/);
    expect(JSON.stringify(failed)).not.toMatch(/flock_delivery|node_modules|SQL/i);
    await queue.close();
  });

  it('what the queue has lost is taken from the store as fast as it can be', async () => {
    const more = withRedis({ prefix: 'emptied' });
    const lost = await startSuite(openSqlite, { ...more, flock: { background: false } });
    await untilRedis(lost.host, 'up');
    const tasks = lost.host.app.get(TaskService);
    for (let index = 0; index < 400; index += 1) {
      await tasks.schedule({ provider: 'flint', app: 'flint', type: 'lost', key: String(index) });
    }
    // Those that a slow moment kept out of the queue are lost to it, too.
    await until(async () => (await redis.admin.keys('{emptied}:deliveries:*')).length > 0);
    for (const key of await redis.admin.keys('{emptied}:*')) await redis.admin.del(key);
    await lost.another({ flock: {} });
    await until(async () => {
      const [row] = await lost.database.sql(
        "SELECT COUNT(*) AS open FROM flock_delivery WHERE status = 'pending'",
      );
      return Number(row?.open) === 0;
    });
    await lost.stop();
  });

  it('P33: while all workers are busy, a quarter of the concurrency is for what the queue has lost', async () => {
    const busy = await startSuite(openSqlite, {
      ...withRedis({ prefix: 'busy' }),
      providers: [Held],
      flock: { deliveries: { concurrency: 8 } },
    });
    await untilRedis(busy.host, 'up');
    const held = busy.host.app.get(Held);
    const queue = new Queue(DELIVERY_QUEUE, { connection: redis.admin, prefix: '{busy}' });
    let key = 0;
    const schedule = async (host: Host, type: string, count: number) => {
      for (let index = 0; index < count; index += 1) {
        const task = { provider: 'flint', app: 'flint', type, key: String((key += 1)) };
        await host.app.get(TaskService).schedule(task);
      }
    };
    await until(async () => {
      await schedule(busy.host, 'ordinary', 8);
      await until(() => held.of('ordinary').length === 8);
      if ((await queue.getActiveCount()) === 8) return true;
      // A slow moment kept some out of the queue: they have the slots that this is about.
      for (const end of held.of('ordinary')) end();
      await until(() => held.running.size === 0);
      return false;
    });
    held.done.length = 0;

    // No queue hears of these.
    const web = await busy.another({ imports: [], flock: { background: false } });
    await schedule(web, 'lost', 6);
    for (let done = 0; done < 6; done += 2) {
      const [one, other] = await until(() => held.of('lost').length >= 2 && held.of('lost'));
      one?.();
      other?.();
      await until(() => held.done.length >= done + 2);
    }
    expect(held.peaks).toMatchObject({ lost: 2 });
    for (const end of held.of('ordinary')) end();
    await queue.close();
    await busy.stop();
  });

  it('P20: a deployment has jobs of its own, and takes none while the store is not its own', async () => {
    // A store that holds nothing would be claimed by whoever starts on it.
    await suite.connect({ merchant: 'mer_birch' });
    const copy = await suite.another({ flock: { deploymentId: 'copy' } });
    await untilRedis(copy, 'up');
    const queue = new Queue(DELIVERY_QUEUE, { connection: redis.admin, prefix: '{flock-copy}' });
    const { id } = await queue.add('delivery', { id: 'theirs' });
    // Its hints, and nothing that would take the job.
    expect(await redis.admin.pubsub('NUMSUB', 'flock-copy:hints')).toEqual(['flock-copy:hints', 1]);
    expect(await queue.getWorkersCount()).toBe(0);
    await suite.database.sql(
      "INSERT INTO flock_deployment (id, name, adopted_at) VALUES ('store', 'copy', 0)",
    );
    const job = await until(async () => {
      const found = await queue.getJob(id as string);
      return found?.finishedOn !== undefined && found;
    });
    expect(job.returnvalue).toBe('skipped');
    expect(await queue.getWorkersCount()).toBe(1);
    await queue.close();
  });

  it('S23: nothing in Redis is secret, or names a merchant', async () => {
    const text = await dump(redis.admin);
    expect(text).toContain('{flock}:deliveries');
    for (const secret of suite.sandbox.flint.secretsSeen()) expect(text).not.toContain(secret);
    expect(text).not.toMatch(/mer_|egrt_|fps_/);
  });

  it('every key but those of the live queue ends by itself', async () => {
    for (const key of await redis.admin.keys('*')) {
      if (/^\{[\w-]+\}:deliveries/.test(key)) continue;
      expect([key, await redis.admin.pttl(key)]).not.toEqual([key, -1]);
    }
  });
});

describe('bad settings', () => {
  const message = async (options: FlockRedisOptions) => {
    const failure = await failureOf(
      startSuite(openSqlite, { imports: [FlockRedisModule.forRoot(options)] }),
    );
    expect(failure.code).toBe('configuration_invalid');
    return String(failure.message);
  };

  it('P5: stop the start with all that is wrong, and show no password', async () => {
    const wrong = await message({
      url: 'http://:canary@redis.example',
      prefix: 'a b',
      concurrency: 0,
    });
    for (const name of ['URL', 'PREFIX', 'CONCURRENCY']) {
      expect(wrong).toContain(`FLOCK_REDIS_${name}: `);
    }
    expect(wrong).not.toContain('canary');
    expect(await message({})).toContain('FLOCK_REDIS_URL: missing');
    expect(await message({ connection: { keyPrefix: 'x' } })).toContain('"keyPrefix"');
  });
});
