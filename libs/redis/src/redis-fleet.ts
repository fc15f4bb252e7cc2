import type { FleetLink } from '@nest-flock/core/fleet';
import type { Redis } from 'ioredis';
import { BullDeliveryQueue } from './bull-delivery-queue.js';
import type { ResolvedFlockRedisOptions } from './flock-redis.options.js';
import { RedisConnections } from './redis-connections.js';
import { RedisHints } from './redis-hints.js';
import { RedisSendLimits } from './redis-send-limits.js';
import { RedisWatch } from './redis-watch.js';

/** Longest that a command waits for the limits of the fleet. */
const LIMITS_MS = 2_000;

/** The instances of one app, joined by Redis. Nothing connects before `start`. */
export class RedisFleet implements FleetLink {
  readonly name = 'redis';
  readonly limits: RedisSendLimits;
  readonly queue?: BullDeliveryQueue;
  private readonly connections: RedisConnections;
  private readonly commands: Redis;
  private readonly watch: RedisWatch;
  private readonly hints: RedisHints;

  constructor(options: ResolvedFlockRedisOptions, deployment?: string) {
    const { prefix = defaultPrefix(deployment), concurrency } = options;
    this.connections = new RedisConnections(options);
    this.commands = this.connections.forCommands();
    const subscriber = this.connections.forWaiting();
    this.watch = new RedisWatch(this.commands, `${prefix}:alive`);
    this.hints = new RedisHints(this.commands, subscriber, `${prefix}:hints`);
    this.limits = new RedisSendLimits(this.commands, this.watch, prefix);
    if (options.queue) {
      this.queue = new BullDeliveryQueue(this.connections, this.commands, this.watch, {
        prefix,
        ...(concurrency !== undefined && { concurrency }),
      });
    }
  }

  /** With a worker that was wanted and does not run it helps little. */
  get isUp(): boolean {
    return this.watch.isUp && this.queue?.isReady !== false;
  }

  hint(): void {
    this.hints.send();
  }

  start(onHint: () => void): void {
    this.hints.follow(onHint);
    this.watch.start((again) => {
      this.queue?.begin();
      if (!again) return;
      // It may be another server, or the way to it: what only waits has not noticed.
      this.hints.renew();
      this.connections.check();
    });
  }

  async startLimits(): Promise<void> {
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, LIMITS_MS);
      this.watch.start(() => {
        clearTimeout(late);
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    this.hints.stop();
    this.watch.stop();
    await this.queue?.close();
    this.connections.close();
  }
}

/** Deployments that share a server unawares must not take each other's jobs. */
const defaultPrefix = (deployment: string | undefined): string =>
  deployment === undefined ? 'flock' : `flock-${deployment}`;
