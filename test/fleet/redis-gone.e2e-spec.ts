import { TokenService } from '@nest-flock/core';
import type { Connection, FlockError, GetAccessTokenOptions } from '@nest-flock/core';
import { FlockRedisModule } from '@nest-flock/redis';
import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import { driveIntervals, driveTimeouts } from '../support/clock.js';
import { DATABASES } from '../support/databases.js';
import { NoisyLogger } from '../support/noisy-logger.js';
import { failureOf, until } from '../support/poll.js';
import { describeWithRedis, healthOf, Heard, untilRedis } from '../support/redis-host.js';
import { REDIS_PASSWORD, startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import { refreshCalls, startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';
import { startProxy } from '../support/tcp-proxy.js';
import type { TcpProxy } from '../support/tcp-proxy.js';

const [, openSqlite] = DATABASES[0] as (typeof DATABASES)[number];

describeWithRedis('Redis is gone', () => {
  let redis: RedisServer;
  let suite: Suite;
  let connection: Connection;
  const logger = new NoisyLogger();

  const about = (text: string) => logger.lines.filter((line) => line.includes(text)).length;
  /**
   * That it is gone and that it is back are said by turns, and neither twice: a pause of this process
   * counts as an absence of Redis, too.
   */
  const expectSaidByTurns = () => {
    const said = logger.lines.flatMap((line) => /Redis (cannot|is back)/.exec(line)?.[1] ?? []);
    expect(said.length).toBeGreaterThan(0);
    expect(said.filter((one, index) => one === said[index - 1])).toEqual([]);
  };
  /** Whatever the last test has left. */
  const isThere = async () => {
    await redis.start();
    await untilRedis(suite.host, 'up');
  };
  const queueServes = () =>
    until(async () => {
      await everythingWorks();
      return (await redis.admin.keys('{flock}:deliveries:completed')).length === 1;
    });
  /** Does harm until the log has said so: it says nothing of a server that is gone already. */
  const untilSaid = (text: string, harm: () => Promise<unknown>, mend: () => Promise<unknown>) =>
    until(async () => {
      await mend();
      await untilRedis(suite.host, 'up');
      await harm();
      await untilRedis(suite.host, 'down');
      return about(text) > 0;
    });
  const heard = () => suite.host.app.get(Heard).all;
  /** Reads, renews, installs, withdraws, and waits until the handler was told of both. */
  const everythingWorks = async () => {
    const before = heard().length;
    await suite.renew(connection.id);
    const made = await suite.connect({ merchant: 'mer_birch' });
    await suite.tokens.getAccessToken(made.id);
    await suite.connections.disconnect(made.id);
    await until(() => heard().length >= before + 2);
    expect((await healthOf(suite.host))?.status).toBe('up');
  };

  beforeAll(async () => {
    redis = await startRedis();
    await redis.stop();
    suite = await startSuite(openSqlite, {
      logger,
      providers: [Heard],
      imports: [FlockRedisModule.forRoot({ url: redis.url })],
    });
    connection = await suite.connect();
  });
  afterAll(async () => {
    await suite.stop();
    await redis.dispose();
  });
  afterEach(() => {
    expect(logger.lines.join('\n')).not.toContain(REDIS_PASSWORD);
    logger.lines.length = 0;
    const ids = heard().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('F26, P37: at the start: everything works, with one warning', async () => {
    await everythingWorks();
    await untilRedis(suite.host, 'down');
    expect(about('Redis cannot be used (ECONNREFUSED)')).toBe(1);
    expect(await healthOf(suite.host)).toMatchObject({ status: 'up', redis: 'down' });
  });

  it('F26: and comes: it is used without a restart', async () => {
    await redis.start();
    await untilRedis(suite.host, 'up');
    expectSaidByTurns();
    await queueServes();
  });

  it('F26: in the middle: everything goes on; it comes back empty, and everything goes on', async () => {
    await isThere();
    await redis.stop();
    await untilRedis(suite.host, 'down');
    for (let round = 0; round < 3; round += 1) await everythingWorks();
    await redis.start();
    await untilRedis(suite.host, 'up');
    await queueServes();
    expectSaidByTurns();
  });

  it('F26: what was queued when it went is handled from the store', async () => {
    await isThere();
    const before = heard().length;
    const made = await suite.connect({ merchant: 'mer_birch' });
    await redis.admin.flushall();
    await suite.connections.disconnect(made.id);
    await redis.admin.flushall();
    await until(() => heard().length >= before + 2);
    expect(heard()).toHaveLength(before + 2);
  });

  it('F26: full: a server out of memory counts as gone, until it has room', async () => {
    await isThere();
    const room = (bytes: string) => redis.admin.config('SET', 'maxmemory', bytes);
    await untilSaid(
      'Redis cannot be used (OOM)',
      () => room('1'),
      () => room('0'),
    );
    await everythingWorks();
    await room('0');
    await untilRedis(suite.host, 'up');
    await everythingWorks();
  });

  it('F26: read-only: a replica counts as gone, until it is a master', async () => {
    await isThere();
    const lead = () => redis.admin.replicaof('NO', 'ONE');
    await untilSaid(
      'Redis cannot be used (READONLY)',
      () => redis.admin.replicaof('127.0.0.1', 1),
      lead,
    );
    await everythingWorks();
    await lead();
    await untilRedis(suite.host, 'up');
    await everythingWorks();
  });

  it('F26: silent: a server that hangs counts as gone, until it answers', async () => {
    await isThere();
    redis.hang();
    await everythingWorks();
    await untilRedis(suite.host, 'down');
    await everythingWorks();
    redis.goOn();
    await untilRedis(suite.host, 'up');
    await everythingWorks();
    expectSaidByTurns();
  });

  it('F26: while it is away, withdrawals are heard of within a second, and each process keeps to Retry-After and a ceiling by itself', async () => {
    await redis.stop();
    await untilRedis(suite.host, 'down');
    const intervals = driveIntervals();
    try {
      const other = await suite.another({
        flock: { background: false },
        flint: { ratePerSecond: 0.01 },
      });
      const theirs = (options?: GetAccessTokenOptions) =>
        other.app.get(TokenService).getAccessToken(birch.id, options);
      const birch = await suite.connect({ merchant: 'mer_birch' });
      suite.sandbox.reset();
      const renewed = await theirs({ rejected: await theirs() });
      const refused = { code: 'provider_rate_limited', retryable: true };
      expect(await failureOf(theirs({ rejected: renewed }))).toMatchObject(refused);
      expect(refreshCalls(suite)).toHaveLength(1);

      suite.sandbox.faults.add({
        on: 'token.refresh',
        fault: { kind: 'rate_limit', retryAfter: 600 },
      });
      for (const { id } of [connection, birch]) {
        expect(await failureOf(suite.renew(id))).toMatchObject(refused);
      }
      expect(refreshCalls(suite)).toHaveLength(2);

      await suite.connections.disconnect(birch.id);
      expect(await theirs()).toBe(renewed);
      await intervals.advance(1_000);
      await until(
        async () => (await theirs().catch(({ code }: FlockError) => code)) === 'connection_revoked',
      );
    } finally {
      intervals.release();
    }
    // For the tests to come: a new install ends the pause.
    connection = await suite.connect();
  });

  it('an app stops while it is away', async () => {
    await redis.stop();
    await untilRedis(suite.host, 'down');
    const other = await suite.another();
    expect(await other.app.get(TokenService).getAccessToken(connection.id)).toEqual(
      expect.any(String),
    );
    await other.close();
    await redis.start();
    await untilRedis(suite.host, 'up');
  });
});

describeWithRedis('the way to Redis changes under open connections', () => {
  let one: RedisServer;
  let two: RedisServer;
  let proxy: TcpProxy;
  let suite: Suite;
  const logger = new NoisyLogger();

  const completed = (server: RedisServer) => server.admin.zcard('{flock}:deliveries:completed');
  const workerHandles = async (server: RedisServer) => {
    const before = await completed(server);
    // Again and again: what comes while a worker connects anew is handled without it.
    await until(async () => {
      const { id } = await suite.connect({ merchant: 'mer_birch' });
      await suite.connections.disconnect(id);
      return (await completed(server)) > before;
    });
  };
  let refused = 1;

  beforeAll(async () => {
    one = await startRedis();
    two = await startRedis();
    proxy = await startProxy('127.0.0.1', one.port);
    let made = 0;
    suite = await startSuite(openSqlite, {
      logger,
      providers: [Heard],
      imports: [
        FlockRedisModule.forRoot({
          connection: (options) => {
            made += 1;
            // After those for commands and for hints come those of workers.
            const port = made > 2 && refused-- > 0 ? 1 : proxy.port;
            return new Redis({ ...options, port, host: '127.0.0.1', password: REDIS_PASSWORD });
          },
        }),
      ],
    });
  });
  afterAll(async () => {
    await suite.stop();
    await proxy.stop();
    await one.dispose();
    await two.dispose();
  });

  it('P38: a worker that was refused at first begins later, and is missed in health until then', async () => {
    await until(() => logger.lines.some((line) => line.includes('The worker for deliveries')));
    await untilRedis(suite.host, 'up');
    await workerHandles(one);
    // For commands and for hints, and two of the worker: the refused one is not kept alive.
    const clients = String(await one.admin.client('LIST'))
      .trim()
      .split('\n');
    expect(clients).toHaveLength(5);
    expect(logger.lines.filter((line) => line.includes('The worker'))).toHaveLength(1);
  });

  it('connections that the network has forgotten are made anew, those of workers too', async () => {
    await workerHandles(one);
    proxy.stall();
    await untilRedis(suite.host, 'down');
    await untilRedis(suite.host, 'up');
    await workerHandles(one);
  });

  it('after a failover the new server is found, though the old one keeps its connections', async () => {
    proxy.lead(two.port);
    await one.admin.replicaof('127.0.0.1', 1);
    await untilRedis(suite.host, 'down');
    await untilRedis(suite.host, 'up');
    await workerHandles(two);
    await until(async () => (await two.admin.pubsub('NUMSUB', 'flock:hints'))[1] === 1);
  });
});

describeWithRedis('the connection for commands', () => {
  it('P38: a command fails after 250 ms without an answer, and at once without a connection', async () => {
    const redis = await startRedis();
    const made: Redis[] = [];
    const connect = (options: RedisOptions) => {
      const where = { port: redis.port, host: '127.0.0.1', password: REDIS_PASSWORD };
      const one = new Redis({ ...options, ...where });
      made.push(one);
      return one;
    };
    const suite = await startSuite(openSqlite, {
      flock: { background: false },
      imports: [FlockRedisModule.forRoot({ connection: connect })],
    });
    await untilRedis(suite.host, 'up');
    // The first is for commands.
    const ask = () => failureOf((made[0] as Redis).get('something'));
    const timeouts = driveTimeouts(250);
    try {
      redis.hang();
      let failure: Record<string, unknown> | undefined;
      void ask().then((error) => (failure = error));
      await timeouts.advance(250);
      await until(() => failure);
      expect(failure?.message).toBe('Command timed out');
      timeouts.release();
      await redis.stop();
      await until(() => made[0]?.status !== 'ready');
      expect((await ask()).message).toMatch(/isn't writeable/);
      await redis.start();
      await untilRedis(suite.host, 'up');
    } finally {
      timeouts.release();
      redis.goOn();
      await suite.stop();
      await redis.dispose();
    }
  });
});
