import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import type { ResolvedFlockRedisOptions } from './flock-redis.options.js';

/** A server that lives but is not, or not yet, the one to write to: its address may lead elsewhere now. */
export const isReplaced = (error: unknown): boolean =>
  error instanceof Error && /^(READONLY|MASTERDOWN|LOADING)\b/.test(error.message);

/** Longest that anybody waits for one command. */
const COMMAND_MS = 250;
const PING_MS = 5_000;

const SHARED: RedisOptions = {
  lazyConnect: true,
  connectTimeout: 2_000,
  // A connection that is given up while the other end is silent.
  disconnectTimeout: 500,
  keepAlive: 10_000,
  // Quickly at first, then once a second, for ever.
  retryStrategy: (times) => Math.min(1_000, 50 * 2 ** Math.min(times, 5)),
};

/** Makes every connection of this library, and ends them all. */
export class RedisConnections {
  /** Each with its copies, which BullMQ makes of a connection. */
  private readonly families = new Map<Redis, Redis[]>();
  private readonly pinged = new Set<Redis>();
  private pings: NodeJS.Timeout | undefined;

  constructor(private readonly options: Pick<ResolvedFlockRedisOptions, 'url' | 'connection'>) {}

  /** For commands that somebody waits for: they fail at once while there is no connection. */
  forCommands(): Redis {
    return this.make({
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: COMMAND_MS,
    });
  }

  /**
   * For what waits as long as it takes: subscriptions, and the blocking reads of workers. It may hear
   * nothing for hours, so it is asked whether it lives. Its copies are not: they block.
   */
  forWaiting(): Redis {
    const redis = this.make({ maxRetriesPerRequest: null, reconnectOnError: isReplaced });
    this.pinged.add(redis);
    this.pings ??= setInterval(() => this.check(), PING_MS).unref();
    return redis;
  }

  /** Asks all that wait now; who does not answer connects anew. */
  check(): void {
    for (const redis of this.pinged) void ping(redis);
  }

  /** Whether it and its copies are connected, as far as they know. */
  isReady(redis: Redis): boolean {
    return this.families.get(redis)?.every(({ status }) => status === 'ready') === true;
  }

  /** Ends it and its copies at once: what is under way fails. */
  drop(redis: Redis): void {
    for (const one of this.families.get(redis) ?? []) one.disconnect();
    this.families.delete(redis);
    this.pinged.delete(redis);
  }

  /** At once: what is under way fails. */
  close(): void {
    clearInterval(this.pings);
    for (const redis of [...this.families.keys()]) this.drop(redis);
  }

  private make(own: RedisOptions): Redis {
    const family: Redis[] = [];
    const redis = keep(this.create({ ...SHARED, ...own }), family);
    this.families.set(redis, family);
    return redis;
  }

  private create(ours: RedisOptions): Redis {
    const { url, connection } = this.options;
    if (typeof connection === 'function') return connection(ours);
    const all = { ...connection, ...ours };
    return url === undefined ? new Redis(all) : new Redis(url, all);
  }
}

function keep(redis: Redis, family: Redis[]): Redis {
  // What goes wrong shows in the state of the connection; without a listener ioredis would print it.
  redis.on('error', () => undefined);
  const duplicate = redis.duplicate.bind(redis);
  redis.duplicate = (override) => keep(duplicate(override), family);
  family.push(redis);
  return redis;
}

async function ping(redis: Redis): Promise<void> {
  if (redis.status !== 'ready') return;
  const late = setTimeout(() => {
    if (redis.status === 'ready') redis.disconnect(true);
  }, PING_MS / 2).unref();
  await redis.ping().catch(() => undefined);
  clearTimeout(late);
}
