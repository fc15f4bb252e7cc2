import { Injectable } from '@nestjs/common';
import { Deployment } from '../foundation/deployment/deployment.js';
import { KeySource } from '../foundation/sealing/key-source.js';
import { REREAD_MS } from './cached-connection.js';
import type { CachedConnection } from './cached-connection.js';
import type { ConnectionQuery } from '../provider/connection-ref.js';

/** Connections kept by one process. About 2 KB each with a 1.5 KB token. */
const CAPACITY = 20_000;

type ByValue = Map<string, CachedConnection>;
interface Place {
  readonly account: ByValue;
  readonly owner: ByValue;
}
type ByEnvironment = Map<string | undefined, Place>;
type ByApp = Map<string | undefined, ByEnvironment>;

/**
 * Bounded, keyed by id and, through nested maps without building a string, by every ref that was
 * asked for. Eviction goes round the entries and takes the first that was not used since the last
 * round, so that a hit writes one boolean and nothing else.
 */
@Injectable()
export class ConnectionCache {
  private readonly byId = new Map<string, CachedConnection>();
  private readonly refs = new Map<string, ByApp>();
  /** When connections were withdrawn; see {@link withdraw}. */
  private readonly withdrawn = new Map<string, number>();

  constructor(keys: KeySource, deployment: Deployment) {
    keys.onChanged(() => this.dropUnreadable());
    // What was handed out from memory so far goes the long way, which asks whose it is.
    deployment.onChanged(() => this.distrust());
  }

  get(id: string): CachedConnection | undefined {
    return this.byId.get(id);
  }

  find(query: ConnectionQuery): CachedConnection | undefined {
    const place = this.refs.get(query.provider)?.get(query.app)?.get(query.environment);
    if (place === undefined) return undefined;
    return query.account === undefined
      ? place.owner.get(query.owner)
      : place.account.get(query.account);
  }

  /** Keeps the newer of what is held and what is offered, and returns what to use. */
  put(entry: CachedConnection): CachedConnection {
    const { id } = entry.connection;
    // Read before a withdrawal that we know of: good for this call, not for keeping.
    if ((this.withdrawn.get(id) ?? -Infinity) >= entry.rereadAt - REREAD_MS) return entry;
    const previous = this.byId.get(id);
    if (previous !== undefined) {
      // Results may arrive out of order; what the store had last must stay.
      if (isNewer(previous, entry)) return previous;
      previous.freshUntil = 0;
      for (const slot of previous.slots) {
        // Forgotten meanwhile: it has to be looked up anew.
        if (slot.map.get(slot.key) !== previous) continue;
        slot.map.set(slot.key, entry);
        entry.slots.push(slot);
      }
    } else if (this.byId.size >= CAPACITY) {
      this.evictOne();
    }
    this.byId.set(id, entry);
    return entry;
  }

  /** Remembers that `query` leads to an entry that is in the cache. */
  remember(query: ConnectionQuery, entry: CachedConnection): void {
    if (this.byId.get(entry.connection.id) !== entry) return;
    const place = this.place(query);
    const map = query.account === undefined ? place.owner : place.account;
    const key = query.account ?? query.owner;
    if (map.get(key) === entry) return;
    map.set(key, entry);
    entry.slots.push({ map, key });
  }

  drop(id: string): void {
    const entry = this.byId.get(id);
    if (entry === undefined) return;
    entry.freshUntil = 0;
    for (const { map, key } of entry.slots) if (map.get(key) === entry) map.delete(key);
    this.byId.delete(id);
  }

  /** Drops a connection that changed at the source; reads that are under way do not bring it back. */
  withdraw(id: string): void {
    if (this.withdrawn.size >= CAPACITY) this.withdrawn.clear();
    this.withdrawn.set(id, performance.now());
    this.drop(id);
  }

  /** A connection appeared or changed hands: refs by this account or owner are looked up anew. */
  forget(provider: string, account: string, owner: string | undefined): void {
    for (const environments of this.refs.get(provider)?.values() ?? []) {
      for (const place of environments.values()) {
        place.account.delete(account);
        if (owner !== undefined) place.owner.delete(owner);
      }
    }
  }

  /** Sends every next request the slow way, which looks at the store first. */
  distrust(): void {
    for (const entry of this.byId.values()) entry.freshUntil = 0;
  }

  clear(): void {
    this.distrust();
    this.byId.clear();
    this.refs.clear();
  }

  values(): IterableIterator<CachedConnection> {
    return this.byId.values();
  }

  private dropUnreadable(): void {
    for (const entry of [...this.byId.values()])
      if (entry.unreadable) this.drop(entry.connection.id);
  }

  private place(query: ConnectionQuery): Place {
    let apps = this.refs.get(query.provider);
    if (apps === undefined)
      this.refs.set(query.provider, (apps = new Map<string | undefined, ByEnvironment>()));
    let environments = apps.get(query.app);
    if (environments === undefined)
      apps.set(query.app, (environments = new Map<string | undefined, Place>()));
    let place = environments.get(query.environment);
    if (place === undefined) {
      environments.set(query.environment, (place = { account: new Map(), owner: new Map() }));
    }
    return place;
  }

  private evictOne(): void {
    for (const [id, entry] of this.byId) {
      if (!entry.marked) {
        this.drop(id);
        return;
      }
      entry.marked = false;
      this.byId.delete(id);
      this.byId.set(id, entry);
    }
  }
}

function isNewer(held: CachedConnection, offered: CachedConnection): boolean {
  if (held.generation !== offered.generation) return held.generation > offered.generation;
  if (held.tokenVersion !== offered.tokenVersion) return held.tokenVersion > offered.tokenVersion;
  return held.rereadAt > offered.rereadAt;
}
