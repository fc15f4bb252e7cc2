import { Injectable } from '@nestjs/common';
import { Database } from '../foundation/database/database.js';
import { ConnectionCache } from './connection.cache.js';
import { ConnectionReader } from './connection.reader.js';

/** Commits do not arrive in the order of their times; this far back is read again each time. */
const OVERLAP_MS = 10_000;

/**
 * Follows what withdraws or replaces: revoked, reauthorization, new generation, changed credential.
 * One indexed read a second per instance; ordinary renewals do not show here.
 */
@Injectable()
export class ChangeFeed {
  private watermark: number | undefined;
  /** Changes inside the overlap that were already obeyed: connection id to time of change. */
  private seen = new Map<string, number>();

  constructor(
    private readonly database: Database,
    private readonly cache: ConnectionCache,
    private readonly reader: ConnectionReader,
  ) {}

  async poll(): Promise<void> {
    const after = this.watermark === undefined ? undefined : this.watermark - OVERLAP_MS;
    const started = performance.now();
    const rows =
      after === undefined
        ? await this.database.read('SELECT {now} AS db_now')
        : await this.database.read(
            `SELECT id, provider, account, owner, changed_at, {now} AS db_now
             FROM flock_connection WHERE changed_at > :after ORDER BY changed_at`,
            { after },
          );
    this.reader.lastSeen = Math.max(this.reader.lastSeen, started);
    if (after === undefined) {
      this.watermark = Number(rows[0]?.db_now);
      return;
    }
    const seen = new Map<string, number>();
    for (const row of rows) {
      const id = String(row.id);
      const changedAt = Number(row.changed_at);
      seen.set(id, changedAt);
      // Beyond the change itself: else the last ones would be read again until there is another.
      this.watermark = Math.max(this.watermark as number, changedAt, Number(row.db_now));
      if (this.seen.get(id) === changedAt) continue;
      this.cache.withdraw(id);
      this.cache.forget(
        String(row.provider),
        String(row.account),
        row.owner === null ? undefined : (row.owner as string),
      );
      this.reader.readViewsAnew();
    }
    this.seen = seen;
  }
}
