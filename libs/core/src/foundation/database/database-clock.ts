import { Injectable } from '@nestjs/common';
import { Database } from './database.js';

/**
 * The database's time without asking it each time: what decides between instances is never this
 * machine's clock, which may be an hour off.
 */
@Injectable()
export class DatabaseClock {
  private offset = Date.now() - performance.now();

  constructor(private readonly database: Database) {}

  /** Compares the clocks; once a minute is enough. */
  async sync(): Promise<void> {
    const askedAt = performance.now();
    const [row] = await this.database.read('SELECT {now} AS db_now');
    this.offset = Number(row?.db_now) - askedAt;
  }

  /** Epoch milliseconds. */
  now(): number {
    return this.offset + performance.now();
  }
}
