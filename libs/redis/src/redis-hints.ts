import type { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';

/** What is withdrawn together makes two hints: one at once, one for the rest. */
const TOGETHER_MS = 20;

/**
 * Tells the other instances to look at the change feed now. A hint says nothing but who sends it, and
 * is not believed: the store is asked.
 */
export class RedisHints {
  private readonly instance = randomUUID();
  private pause: NodeJS.Timeout | undefined;
  private again = false;

  constructor(
    private readonly publisher: Redis,
    private readonly subscriber: Redis,
    private readonly channel: string,
  ) {}

  follow(onHint: () => void): void {
    this.subscriber.on('message', (_channel, sender) => {
      if (sender !== this.instance) onHint();
    });
    // Hints may have been missed while there was no connection.
    this.subscriber.on('ready', onHint);
    // Again by itself after each reconnect.
    this.subscriber.subscribe(this.channel).catch(() => undefined);
  }

  send(): void {
    if (this.pause !== undefined) {
      this.again = true;
      return;
    }
    // A full or read-only server takes hints all the same.
    if (this.publisher.status === 'ready') {
      this.publisher.publish(this.channel, this.instance).catch(() => undefined);
    }
    this.pause = setTimeout(() => {
      this.pause = undefined;
      if (!this.again) return;
      this.again = false;
      this.send();
    }, TOGETHER_MS).unref();
  }

  /** Redis was lost and found: it may be another server, and this subscription with the old one. */
  renew(): void {
    if (this.subscriber.status === 'ready') this.subscriber.disconnect(true);
  }

  stop(): void {
    clearTimeout(this.pause);
    this.subscriber.removeAllListeners('message');
    this.subscriber.removeAllListeners('ready');
  }
}
