import { Injectable } from '@nestjs/common';
import { Database } from '../foundation/database/database.js';
import type { SqlValue } from '../foundation/database/statement.js';
import { FlockError } from '../foundation/errors/flock.error.js';
import { KeySource } from '../foundation/sealing/key-source.js';
import { CacheEntryFactory } from './cache-entry.factory.js';
import type { CachedConnection } from './cached-connection.js';
import { ConnectionCache } from './connection.cache.js';
import { connectionsWhere } from './connection-rows.js';
import type { ConnectionRow } from './connection.row.js';
import { describeRef, idOf } from '../provider/connection-ref.js';
import type { ConnectionQuery, ConnectionRef } from '../provider/connection-ref.js';

const BATCH = 64;
/** "Not found" is remembered so long, so that a probing client costs one read. */
const ABSENT_MS = 1_000;
const ABSENT_CAPACITY = 10_000;

interface Pending {
  ref: ConnectionRef;
  readonly resolve: (rows: ConnectionRow[]) => void;
  readonly reject: (error: unknown) => void;
}

/** A connection that has a credential of its own. */
export interface RegisteredRow {
  readonly id: string;
  readonly environment: string;
  readonly account: string;
}

/** Reads rows; look-ups that arrive in the same tick share one query. */
@Injectable()
export class ConnectionReader {
  private pending: Pending[] = [];
  private readonly sharing = new Map<string, Promise<CachedConnection>>();
  private readonly absent = new Map<string, number>();
  private readonly few = new Map<string, { rows: Promise<RegisteredRow[]>; until: number }>();
  /** `performance.now()` of the last successful read of the store. */
  lastSeen = performance.now();

  constructor(
    private readonly database: Database,
    private readonly cache: ConnectionCache,
    private readonly entries: CacheEntryFactory,
    private readonly keys: KeySource,
  ) {}

  /** From memory, however old. */
  cached(ref: ConnectionRef): CachedConnection | undefined {
    const id = idOf(ref);
    return id === undefined ? this.cache.find(ref as ConnectionQuery) : this.cache.get(id);
  }

  /** Reads the row, once for all concurrent callers. @throws FlockError `not_connected`, `connection_ambiguous` */
  load(ref: ConnectionRef): Promise<CachedConnection> {
    const key = keyOf(ref);
    if (!isComplete(ref)) return Promise.reject(incomplete());
    const shared = this.sharing.get(key);
    if (shared !== undefined) return shared;
    const absentUntil = this.absent.get(key);
    if (absentUntil !== undefined && absentUntil > performance.now()) {
      return Promise.reject(notConnected(ref));
    }
    const loading = this.loadOne(ref, key).finally(() => {
      if (this.sharing.get(key) === loading) this.sharing.delete(key);
    });
    this.sharing.set(key, loading);
    return loading;
  }

  /** The row as it is now, sealed values included; `undefined` when there is none. */
  async row(id: string): Promise<ConnectionRow | undefined> {
    return (await this.rows(id))[0];
  }

  /**
   * The connections of an app (and environment) with a registered credential, two at most: none, the
   * only one, or several. Remembered for a second.
   */
  registered(
    provider: string,
    app: string,
    environment?: string,
  ): Promise<readonly RegisteredRow[]> {
    const key = JSON.stringify([provider, app, environment]);
    const known = this.few.get(key);
    if (known !== undefined && known.until > performance.now()) return known.rows;
    const place = environment === undefined ? '' : 'AND environment = :environment';
    const rows = this.database
      .read(
        `SELECT id, environment, account FROM flock_connection
         WHERE provider = :provider AND app = :app ${place}
         AND credential IS NOT NULL AND status <> 'revoked' ORDER BY id LIMIT 2`,
        { provider, app, ...(environment !== undefined && { environment }) },
      )
      .then((found) => found as unknown as RegisteredRow[]);
    this.few.set(key, { rows, until: performance.now() + ABSENT_MS });
    rows.catch(() => this.few.delete(key));
    return rows;
  }

  /** Something changed: what was absent may exist now, and reads under way are not shared further. */
  readViewsAnew(): void {
    this.absent.clear();
    this.few.clear();
    this.sharing.clear();
  }

  private async loadOne(ref: ConnectionRef, key: string): Promise<CachedConnection> {
    const readAt = performance.now();
    const rows = await this.rows(ref);
    const [row] = rows;
    if (row === undefined) {
      if (this.absent.size >= ABSENT_CAPACITY) this.absent.clear();
      this.absent.set(key, performance.now() + ABSENT_MS);
      throw notConnected(ref);
    }
    if (rows.length > 1) {
      throw new FlockError(
        'connection_ambiguous',
        `${rows.length} connections match ${describeRef(ref)}: name app and environment, or the id.`,
      );
    }
    await this.keys.prepare(row.token_set);
    const entry = this.cache.put(this.entries.create(row, readAt));
    if (idOf(ref) === undefined) this.cache.remember(ref as ConnectionQuery, entry);
    return entry;
  }

  private rows(ref: ConnectionRef): Promise<ConnectionRow[]> {
    return new Promise((resolve, reject) => {
      this.pending.push({ ref, resolve, reject });
      if (this.pending.length === 1) queueMicrotask(() => this.flush());
    });
  }

  private flush(): void {
    const { pending } = this;
    this.pending = [];
    for (let start = 0; start < pending.length; start += BATCH) {
      void this.query(pending.slice(start, start + BATCH));
    }
  }

  private async query(batch: readonly Pending[]): Promise<void> {
    try {
      const { where, parameters } = conditions(batch.map(({ ref }) => ref));
      const rows = await connectionsWhere(this.database, where, parameters);
      this.lastSeen = performance.now();
      for (const { ref, resolve } of batch) resolve(rows.filter((row) => matches(row, ref)));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}

/** Sizes are rounded up to a power of two, so that few distinct statements are prepared. */
function conditions(refs: readonly ConnectionRef[]) {
  const size = 2 ** Math.ceil(Math.log2(refs.length));
  const parameters: Record<string, SqlValue> = {};
  const terms: string[] = [];
  const padded = [
    ...refs,
    ...Array<ConnectionRef>(size - refs.length).fill(refs[0] as ConnectionRef),
  ];
  for (const [index, ref] of padded.entries()) {
    const id = idOf(ref);
    if (id !== undefined) {
      parameters[`i_${index}`] = id;
      terms.push(`id = :i_${index}`);
      continue;
    }
    const query = ref as ConnectionQuery;
    const column = query.account === undefined ? 'owner' : 'account';
    parameters[`p_${index}`] = query.provider;
    parameters[`v_${index}`] = query.account ?? query.owner;
    // A connection that was withdrawn does not make its owner ambiguous.
    const live = column === 'owner' ? " AND status <> 'revoked'" : '';
    terms.push(`(provider = :p_${index} AND ${column} = :v_${index}${live})`);
  }
  return { where: terms.join(' OR '), parameters };
}

function matches(row: ConnectionRow, ref: ConnectionRef): boolean {
  const id = idOf(ref);
  if (id !== undefined) return row.id === id;
  const query = ref as ConnectionQuery;
  return (
    row.provider === query.provider &&
    (query.app === undefined || row.app === query.app) &&
    (query.environment === undefined || row.environment === query.environment) &&
    (query.account === undefined
      ? row.owner === query.owner && row.status !== 'revoked'
      : row.account === query.account)
  );
}

function keyOf(ref: ConnectionRef): string {
  const id = idOf(ref);
  if (id !== undefined) return id;
  const { provider, app, environment, account, owner } = ref as ConnectionQuery;
  return JSON.stringify([provider, app, environment, account, owner]);
}

/** Checked before it is queued: one unusable ref must not fail the query it would share. */
function isComplete(ref: ConnectionRef): boolean {
  const id = idOf(ref);
  if (id !== undefined) return isText(id);
  const { provider, account, owner } = ref as ConnectionQuery;
  return isText(provider) && isText(account ?? owner);
}

const isText = (value: unknown): boolean =>
  typeof value === 'string' && value !== '' && !value.includes('\u0000');

const incomplete = (): FlockError =>
  new FlockError(
    'not_connected',
    'The ref is not complete: expected an id, or provider with account or owner, each a text.',
  );

const notConnected = (ref: ConnectionRef): FlockError =>
  new FlockError('not_connected', `There is no ${describeRef(ref)}.`);
