import { TokenService } from '@nest-flock/core';
import { FlockRedisModule } from '@nest-flock/redis';
import type { FlockRedisOptions } from '@nest-flock/redis';
import { Redis } from 'ioredis';
import { sqliteDatabase } from '../support/databases.js';
import type { Host } from '../support/host.js';
import { until } from '../support/poll.js';
import { describeWithRedis, Heard, untilRedis } from '../support/redis-host.js';
import { REDIS_PASSWORD, startRedis } from '../support/redis-server.js';
import { startSentinel } from '../support/redis-sentinel.js';
import { startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';
import { selfSigned } from '../support/tls.js';
import { withoutTimer } from '../support/without-timer.js';

describeWithRedis('Redis is reached in other ways', () => {
  let suite: Suite;
  const ends: (() => Promise<void>)[] = [];

  const begin = async (options: FlockRedisOptions): Promise<Host> => {
    suite = await startSuite(sqliteDatabase, {
      imports: [FlockRedisModule.forRoot(options)],
      providers: [Heard],
    });
    const idle = await suite.another({ flock: { background: false } });
    await untilRedis(suite.host, 'up');
    await untilRedis(idle, 'up');
    // Only a hint can tell it of a change.
    withoutTimer(idle, 'feed');
    return idle;
  };
  /** Withdrawals are obeyed at once, and handled by a worker. */
  const expectAtWork = async (idle: Host, merchant: string) => {
    const { id } = await suite.connect({ merchant });
    const theirs = idle.app.get(TokenService);
    expect(await theirs.getAccessToken(id)).toEqual(expect.any(String));
    await suite.connections.disconnect(id);
    await until(async () => {
      const known = await theirs.getAccessToken(id).then(
        () => undefined,
        ({ code }: { code: string }) => code === 'connection_revoked',
      );
      // A hint may be lost while a connection to Redis is made anew; whichever comes next serves as well.
      if (known !== true) await suite.renew((await suite.connect({ merchant: 'mer_acorn' })).id);
      return known;
    });
    const { all } = suite.host.app.get(Heard);
    await until(() => all.some((one) => one.type === 'revoked' && one.connection?.id === id));
  };
  afterEach(async () => {
    await suite.stop();
    for (const end of ends.splice(0)) await end();
  });

  it('over TLS: rediss://, with a certificate of its own', async () => {
    const certificate = selfSigned(['localhost']);
    const redis = await startRedis({ certificate });
    ends.push(() => redis.dispose());
    const tls = { ca: certificate.cert, servername: 'localhost' };
    const idle = await begin({ url: redis.url, connection: { tls } });
    await expectAtWork(idle, 'mer_birch');
  });

  it('over TLS: a certificate that nobody vouches for is not believed, and the database goes on', async () => {
    const redis = await startRedis({ certificate: selfSigned(['localhost']) });
    ends.push(() => redis.dispose());
    suite = await startSuite(sqliteDatabase, {
      imports: [FlockRedisModule.forRoot({ url: redis.url })],
      providers: [Heard],
    });
    await untilRedis(suite.host, 'down');
    const { id } = await suite.connect();
    expect(await suite.renew(id)).toEqual(expect.any(String));
    await suite.connections.disconnect(id);
    const { all } = suite.host.app.get(Heard);
    await until(() => all.some(({ type }) => type === 'revoked'));
  });

  it('F26: by Sentinel, whose replica takes over: hints and workers go on there', async () => {
    const master = await startRedis();
    const replica = await startRedis({ replicaOf: master.port });
    const sentinel = await startSentinel('main', master.port);
    for (const one of [sentinel, replica, master]) ends.push(() => one.dispose());
    // As soon as the sentinel knows of the replica.
    const asked = new Redis(sentinel.port, '127.0.0.1', { retryStrategy: () => 50 });
    asked.on('error', () => undefined);
    await until(async () =>
      JSON.stringify(await asked.call('SENTINEL', 'replicas', 'main').catch(() => '')).includes(
        String(replica.port),
      ),
    );
    // A sentinel that stood still for two seconds fails nothing over for half a minute.
    await asked.call('SENTINEL', 'DEBUG', 'TILT-TRIGGER', '600000');
    const idle = await begin({
      connection: (options) =>
        new Redis({
          ...options,
          name: 'main',
          password: REDIS_PASSWORD,
          sentinels: [{ host: '127.0.0.1', port: sentinel.port }],
        }),
    });
    await expectAtWork(idle, 'mer_birch');
    await master.stop();
    await until(async () => (await replica.admin.role())[0] === 'master');
    asked.disconnect();
    await untilRedis(suite.host, 'up');
    await untilRedis(idle, 'up');
    await expectAtWork(idle, 'mer_cedar');
  });
});
