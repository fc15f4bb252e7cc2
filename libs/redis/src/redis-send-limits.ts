import { LocalSendLimits } from '@nest-flock/core/fleet';
import type { Booking, SendLimits, SendRoom } from '@nest-flock/core/fleet';
import type { Redis } from 'ioredis';
import { LIMIT_SCRIPT, PAUSE_SCRIPT } from './limit.scripts.js';
import type { RedisWatch } from './redis-watch.js';

interface Scripts {
  flockLimit(pause: string, pace: string, rate: number, within: number): Promise<number[]>;
  flockPause(pause: string, ms: number): Promise<number>;
}

/** What the fleet may send, kept in Redis; while that is gone, what this process may. */
export class RedisSendLimits implements SendLimits {
  private readonly local = new LocalSendLimits();
  private readonly scripts: Scripts;

  constructor(
    private readonly redis: Redis,
    private readonly watch: RedisWatch,
    private readonly prefix: string,
  ) {
    redis.defineCommand('flockLimit', { numberOfKeys: 2, lua: LIMIT_SCRIPT });
    redis.defineCommand('flockPause', { numberOfKeys: 1, lua: PAUSE_SCRIPT });
    this.scripts = redis as unknown as Scripts;
  }

  async peek(endpoint: string, ratePerSecond?: number): Promise<SendRoom> {
    const answer = await this.ask(endpoint, ratePerSecond, -1);
    if (answer === undefined) return this.local.peek(endpoint, ratePerSecond);
    return { restMs: 0, room: answer.last < 0 ? Infinity : answer.last };
  }

  async book(endpoint: string, withinMs: number, ratePerSecond?: number): Promise<Booking> {
    const answer = await this.ask(endpoint, ratePerSecond, withinMs);
    if (answer === undefined) return this.local.book(endpoint, withinMs, ratePerSecond);
    return { booked: answer.last === 1, waitMs: answer.waitMs };
  }

  async pause(endpoint: string, ms: number): Promise<void> {
    await this.local.pause(endpoint, ms);
    if (!this.watch.isUp) return;
    const pause = this.scripts.flockPause(this.key(endpoint, 'pause'), Math.ceil(ms));
    await pause.catch((error: unknown) => this.watch.failed(error));
  }

  async resume(endpoint: string): Promise<void> {
    const rested = this.local.restMs(endpoint) > 0;
    await this.local.resume(endpoint);
    if (!rested || !this.watch.isUp) return;
    await this.redis.del(this.key(endpoint, 'pause')).catch((error: unknown) => {
      this.watch.failed(error);
    });
  }

  /** `undefined` where this process's own limits decide: they know a pause, or Redis is gone. */
  private async ask(
    endpoint: string,
    ratePerSecond: number | undefined,
    withinMs: number,
  ): Promise<{ readonly waitMs: number; readonly last: number } | undefined> {
    if (!this.watch.isUp || this.local.restMs(endpoint) > 0) return undefined;
    try {
      const [restMs = 0, waitMs = 0, last = 0] = await this.scripts.flockLimit(
        this.key(endpoint, 'pause'),
        this.key(endpoint, 'pace'),
        ratePerSecond ?? 0,
        Math.floor(withinMs),
      );
      if (restMs === 0) return { waitMs, last };
      // Another instance's; from here on this one knows it, with a time of its own to go on.
      await this.local.pause(endpoint, restMs);
    } catch (error) {
      this.watch.failed(error);
    }
    return undefined;
  }

  /** One slot of a cluster for both keys of an endpoint. */
  private key(endpoint: string, kind: 'pause' | 'pace'): string {
    return `${this.prefix}:{${endpoint}}:${kind}`;
  }
}
