import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { isReplaced } from './redis-connections.js';

const PROBE_MS = 1_000;
/** Longest that the first connection is waited for before it counts as missing. */
const START_MS = 2_000;
/** So many refusals in a row, of whatever kind, and the connection is made anew: it may lead elsewhere. */
const REFUSALS = 5;

/**
 * Knows whether Redis takes writes: asks once a second, so that a server that hangs, is full or is a
 * read-only replica counts as gone too. Says so once when it is lost and once when it is back.
 */
export class RedisWatch {
  private readonly logger = new Logger('NestFlock');
  private readonly startedAt = performance.now();
  private state: 'starting' | 'up' | 'down' = 'starting';
  private timer: NodeJS.Timeout | undefined;
  private probing = false;
  private stopped = false;
  private reason = 'no answer';
  private refusals = 0;
  private onUp: (again: boolean) => void = () => undefined;

  constructor(
    private readonly redis: Redis,
    private readonly key: string,
  ) {}

  get isUp(): boolean {
    return this.state === 'up';
  }

  /** `onUp` runs each time that Redis is found; `again` after a loss. */
  start(onUp: (again: boolean) => void): void {
    this.onUp = onUp;
    this.redis.on('ready', () => void this.probe());
    this.redis.on('close', () => this.lost());
    this.redis.on('error', (error: unknown) => (this.reason = reasonOf(error)));
    this.redis.connect().catch(() => undefined);
    this.timer = setInterval(() => void this.probe(true), PROBE_MS).unref();
  }

  /** A command has failed: Redis is gone until a probe says otherwise. */
  failed(error: unknown): void {
    this.lost(error);
  }

  stop(): void {
    clearInterval(this.timer);
    this.stopped = true;
    this.state = 'down';
  }

  /** A fresh connection that is refused is not made anew at once. */
  private async probe(mayReconnect = false): Promise<void> {
    if (this.probing || this.stopped) return;
    this.probing = true;
    try {
      await this.redis.set(this.key, '1', 'PX', 10 * PROBE_MS);
      this.refusals = 0;
      this.found();
    } catch (error) {
      this.refusals += 1;
      this.lost(error);
      // A connection that is open and silent may be dead at the other end; one to a server that was
      // replaced stays open, too.
      const dead = isTimeout(error) || isReplaced(error) || this.refusals % REFUSALS === 0;
      if (this.redis.status === 'ready' && mayReconnect && dead) this.redis.disconnect(true);
    } finally {
      this.probing = false;
    }
  }

  private found(): void {
    if (this.state === 'up' || this.stopped) return;
    const again = this.state === 'down';
    if (again) this.logger.log('Redis is back.');
    this.state = 'up';
    this.onUp(again);
  }

  private lost(error?: unknown): void {
    if (this.state === 'down' || this.stopped) return;
    if (error !== undefined && this.redis.status === 'ready') this.reason = reasonOf(error);
    const starting = performance.now() - this.startedAt < START_MS;
    if (this.state === 'starting' && starting && this.reason === 'no answer') return;
    this.state = 'down';
    this.logger.warn(
      `Redis cannot be used (${this.reason}). The database goes on alone; nothing is lost.`,
    );
  }
}

const isTimeout = (error: unknown): boolean =>
  error instanceof Error && error.message === 'Command timed out';

/** A code such as ECONNREFUSED or READONLY; never a message, which may name what is secret. */
function reasonOf(error: unknown): string {
  if (isTimeout(error)) return 'no answer in time';
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && /^[A-Z_]{3,40}$/.test(code)) return code;
  return (typeof message === 'string' && /^[A-Z]{3,20}\b/.exec(message)?.[0]) || 'no connection';
}
