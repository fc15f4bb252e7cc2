import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { FlockError } from '../errors/flock.error.js';
import { ProviderRegistry } from '../providers/provider.registry.js';
import { RefreshPolicyHolder } from '../refresh/refresh-policy.holder.js';
import { scheduleAheadMs } from '../refresh/refresh-policy.js';
import { MARK_USED } from '../refresh/refresh.statements.js';
import { assertUsable } from './assert-usable.js';
import type { CachedConnection } from './cached-connection.js';
import { ConnectionReader } from './connection.reader.js';
import type { ConnectionRef } from './connection-ref.js';

/** Whether a connection may be used now, with the error for when it may not. */
@Injectable()
export class ConnectionStatusService {
  constructor(
    private readonly reader: ConnectionReader,
    private readonly database: Database,
    private readonly registry: ProviderRegistry,
    private readonly holder: RefreshPolicyHolder,
  ) {}

  /**
   * The connection from memory, or by one shared read. While the store cannot be read, memory
   * serves on, but no longer than `maxBlindMs`.
   */
  async find(ref: ConnectionRef): Promise<CachedConnection> {
    const cached = this.reader.cached(ref);
    if (cached !== undefined && cached.rereadAt > performance.now() && !this.isBlind())
      return cached;
    try {
      return await this.reader.load(ref);
    } catch (error) {
      if (error instanceof FlockError && error.code !== 'provider_unavailable') throw error;
      if (cached !== undefined && !this.isBlind()) return cached;
      throw new FlockError(
        'provider_unavailable',
        'The store of Nest Flock cannot be reached, so nobody can say whether this connection still stands.',
        { retryAfterSeconds: 1 },
      );
    }
  }

  /** For too long nothing was heard of withdrawals. */
  isBlind(): boolean {
    return performance.now() - this.reader.lastSeen > this.holder.policy.maxBlindMs;
  }

  /** @throws FlockError `connection_revoked`, `reauthorization_required`, `connection_unreadable` */
  assertUsable(entry: CachedConnection): void {
    assertUsable(entry, this.registry);
  }

  /** Tells the store, once a token life and process, that somebody uses this connection. */
  noteUse(entry: CachedConnection): void {
    if (entry.used) return;
    entry.used = true;
    const { id, expires_at, refreshed_at } = entry.row;
    if (expires_at === null || refreshed_at === null) return;
    const dueAt = Math.floor(expires_at - scheduleAheadMs(expires_at - refreshed_at));
    this.database
      .write(MARK_USED, { id, version: entry.tokenVersion, due_at: dueAt })
      // Only a hint: without it the first caller after expiry waits for the renewal.
      .catch(() => undefined);
  }
}
