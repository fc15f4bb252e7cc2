import { Inject, Injectable } from '@nestjs/common';
import { Database } from '../foundation/database/database.js';
import { Deployment } from '../foundation/deployment/deployment.js';
import { FlockError } from '../foundation/errors/flock.error.js';
import { within } from '../foundation/time/within.js';
import { ProviderRegistry } from '../provider/provider.registry.js';
import { scheduleAheadMs } from './token-set.js';
import { MARK_USED } from './connection.statements.js';
import { assertUsable } from './assert-usable.js';
import type { CachedConnection } from './cached-connection.js';
import { ConnectionReader } from './connection.reader.js';
import type { ConnectionRef } from '../provider/connection-ref.js';

/** What the wing needs of the options. */
export interface ConnectionOptions {
  /** A process that has not seen the store for so many milliseconds serves nothing. */
  readonly maxBlindMs: number;
}
export const CONNECTION_OPTIONS = Symbol('nest-flock:connection-options');

/** So long after the store was last seen, callers still wait for it; then memory answers at once. */
const PATIENCE_MS = 2_000;

/** Whether a connection may be used now, with the error for when it may not. */
@Injectable()
export class ConnectionStatusService {
  constructor(
    private readonly reader: ConnectionReader,
    private readonly database: Database,
    private readonly registry: ProviderRegistry,
    @Inject(CONNECTION_OPTIONS) private readonly options: ConnectionOptions,
    private readonly deployment: Deployment,
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
      const loading = this.reader.load(ref);
      if (cached === undefined || this.isBlind()) return await loading;
      // A store that hangs, rather than fails, must not make the callers of a valid token wait.
      const patience = this.reader.lastSeen + PATIENCE_MS - performance.now();
      return await (patience > 0
        ? within(patience, loading, () => cached)
        : Promise.race([loading, Promise.resolve(cached)]));
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
    return performance.now() - this.reader.lastSeen > this.options.maxBlindMs;
  }

  /**
   * @throws FlockError `connection_revoked`, `reauthorization_required`, `connection_unreadable`,
   * `store_not_adopted`
   */
  assertUsable(entry: CachedConnection): void {
    this.deployment.assertOurs();
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
