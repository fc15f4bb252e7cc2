import { Redis } from 'ioredis';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './host.js';
import { until } from './poll.js';
import type { Certificate } from './tls.js';

/** A Redis of a test's own, to be hurt; the `redis-server` of the PATH, without persistence. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** An outsider's connection; it waits while the server is away. */
  readonly admin: Redis;
  /** Kills it; what it held is gone. */
  stop(): Promise<void>;
  /** Unless it runs. */
  start(): Promise<void>;
  /** It stays connected and answers nothing. */
  hang(): void;
  goOn(): void;
  dispose(): Promise<void>;
}

/** In every URL of a test's Redis; it must show nowhere. */
export const REDIS_PASSWORD = 'canary-redis-password';

export interface RedisServerOptions {
  /** Speaks TLS alone, with this certificate. */
  readonly certificate?: Certificate;
  /** Follows the server on this port. */
  readonly replicaOf?: number;
}

export async function startRedis({
  certificate,
  replicaOf,
}: RedisServerOptions = {}): Promise<RedisServer> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'flock-redis-'));
  const speaks = ['--port', String(port)];
  if (certificate !== undefined) {
    const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
    writeFileSync(cert, certificate.cert);
    writeFileSync(key, certificate.key);
    speaks.splice(0, 2, '--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no');
    speaks.push('--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert);
  }
  if (replicaOf !== undefined) {
    speaks.push('--replicaof', '127.0.0.1', String(replicaOf), '--masterauth', REDIS_PASSWORD);
  }
  let child: ChildProcess | undefined;
  const admin = new Redis(port, '127.0.0.1', {
    lazyConnect: true,
    password: REDIS_PASSWORD,
    ...(certificate !== undefined && { tls: { ca: certificate.cert, servername: 'localhost' } }),
    maxRetriesPerRequest: null,
    retryStrategy: () => 20,
  });
  admin.on('error', () => undefined);
  const stop = async () => {
    const stopping = child;
    child = undefined;
    if (stopping === undefined) return;
    const ended = once(stopping, 'exit');
    stopping.kill('SIGCONT');
    stopping.kill('SIGKILL');
    await ended;
  };
  const start = async () => {
    if (child !== undefined) return;
    const own = [...speaks, '--bind', '127.0.0.1', '--dir', directory];
    const more = ['--save', '', '--appendonly', 'no', '--requirepass', REDIS_PASSWORD];
    child = spawn('redis-server', [...own, ...more], { stdio: 'ignore' });
    await until(() => admin.ping().catch(() => undefined));
  };
  await start();
  return {
    port,
    url: `redis${certificate === undefined ? '' : 's'}://:${REDIS_PASSWORD}@127.0.0.1:${port}`,
    admin,
    stop,
    start,
    hang: () => void child?.kill('SIGSTOP'),
    goOn: () => void child?.kill('SIGCONT'),
    dispose: async () => {
      admin.disconnect();
      await stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Everything that a server holds, as text: for canaries. */
export async function dump(redis: Redis): Promise<string> {
  const lines: string[] = [];
  for (const key of await redis.keys('*')) {
    const type = await redis.type(key);
    const value =
      type === 'string'
        ? await redis.get(key)
        : type === 'hash'
          ? await redis.hgetall(key)
          : type === 'list'
            ? await redis.lrange(key, 0, -1)
            : type === 'zset'
              ? await redis.zrange(key, 0, -1, 'WITHSCORES')
              : type === 'stream'
                ? await redis.xrange(key, '-', '+')
                : type === 'set'
                  ? await redis.smembers(key)
                  : type;
    lines.push(`${key} ${JSON.stringify(value)}`);
  }
  return lines.join('\n');
}
