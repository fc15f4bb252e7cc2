import { Inject, Injectable } from '@nestjs/common';
import { hash as digest, randomUUID } from 'node:crypto';
import { Database } from '../foundation/database/database.js';
import type { Transaction } from '../foundation/database/unit-of-work.js';
import { Deployment, OURS } from '../foundation/deployment/deployment.js';
import { SealingService } from '../foundation/sealing/sealing.service.js';
import { parseObject } from '../foundation/http/parse-object.js';
import { readKeptEvent } from '../provider/kept-event.js';
import type { KeptEvent } from '../provider/kept-event.js';
import { ProviderRegistry } from '../provider/provider.registry.js';
import type { DeliverySource } from './delivery.js';
import { DELIVERY_COLUMNS, PRIORITY, readDeliveryRow } from './delivery.row.js';
import type { DeliveryRow } from './delivery.row.js';
import { CLAIM_DELIVERY, COUNTED, INSERT_DELIVERY } from './delivery.statements.js';
import { DueDeliveries } from './due-deliveries.js';
import { DELIVERY_POLICY } from './delivery-policy.js';
import type { DeliveryPolicy } from './delivery-policy.js';

export interface NewDelivery {
  readonly source: DeliverySource;
  readonly provider: string;
  readonly app: string;
  readonly tenant?: string;
  readonly eventId: string;
  readonly type: string;
  readonly connectionId?: string;
  readonly occurredAt?: number;
  readonly body: string;
  /** What was read of it at the door. */
  readonly event?: KeptEvent;
  /** The signature, where the event id does not make the event: the same bytes are a copy. */
  readonly onceBy?: string;
  /** Milliseconds. Default 0. */
  readonly delayMs?: number;
  /** Ends a connection: goes before everything that waits. */
  readonly first?: boolean;
}

/** What happens to a connection, for `@OnConnection`. */
export type ConnectionEvent =
  'connected' | 'scopes_changed' | 'reauthorization_required' | 'revoked';

/** As it came, and what was read of it then. */
export type OpenedDelivery = Pick<NewDelivery, 'body' | 'event'>;

const place = (id: string, column = 'body') => ({ table: 'flock_delivery', row: id, column });
/**
 * Of one priority, due for `since` milliseconds, and nobody has it. By one priority at a time the index
 * leads to what is due and to nothing else, however much waits for later.
 */
const due = (priority: number, since: string): string => `status = 'pending'
  AND priority = ${priority} AND due_at <= (SELECT {now}) - ${since}
  AND (claim_until IS NULL OR claim_until <= {now})`;
const hash = (...parts: readonly string[]): string =>
  digest('sha256', JSON.stringify(parts), 'hex');
/** ECMA-262 21.4.1.1. */
const LATEST_MS = 8.64e15;
/** Deletes of one transaction. */
const PRUNE_BATCH = 1_000;

/** Stores deliveries, sealed. */
@Injectable()
export class DeliveryStore {
  /** Copies that arrive together wait for the one that is being stored. */
  private readonly storing = new Map<string, Promise<boolean>>();
  /** Types that no retention ends. */
  private readonly kept = new Set<string>();

  constructor(
    private readonly database: Database,
    private readonly sealing: SealingService,
    @Inject(DELIVERY_POLICY) private readonly policy: DeliveryPolicy,
    private readonly deployment: Deployment,
    private readonly due: DueDeliveries,
    private readonly registry: ProviderRegistry,
  ) {}

  /** Deliveries of this type stay: shown again, they must be known again. */
  keepForGood(type: string): void {
    this.kept.add(type);
  }

  /** `false` when it was there already. Resolves after the commit. */
  async add(delivery: NewDelivery): Promise<boolean> {
    const id = idOf(delivery);
    const other = this.storing.get(id);
    if (other !== undefined) {
      await other;
      return false;
    }
    const storing = this.database
      .write(INSERT_DELIVERY, this.parameters(id, delivery))
      .then((row) => row !== undefined);
    this.storing.set(id, storing);
    try {
      const added = await storing;
      if (added) {
        const { delayMs = 0, first = false } = delivery;
        this.due.add({ id, runs: 0, delayMs, first });
      }
      return added;
    } finally {
      this.storing.delete(id);
    }
  }

  /** Within the transaction of the change that it tells of. */
  async announce(
    transaction: Transaction,
    event: ConnectionEvent,
    connection: { id: string; provider: string; app: string; generation?: number; reason?: string },
  ): Promise<void> {
    const { id: connectionId, provider, app, generation, reason } = connection;
    const body = JSON.stringify({ event, connectionId, generation, reason });
    const delivery: NewDelivery = {
      source: 'connection',
      provider,
      app,
      eventId: randomUUID(),
      type: event,
      connectionId,
      body,
    };
    const id = idOf(delivery);
    await transaction.apply(INSERT_DELIVERY, this.parameters(id, delivery));
    transaction.afterCommit(() => this.due.add({ id, runs: 0, delayMs: 0, first: false }));
  }

  /** @throws UnsealError */
  open(row: DeliveryRow): OpenedDelivery {
    const body = this.sealing.open(place(row.id), row.body);
    const event =
      row.event === null
        ? this.readAnew(row, body)
        : (parseObject(this.sealing.open(place(row.id, 'event'), row.event)) as KeptEvent);
    return { body, ...(event !== undefined && { event }) };
  }

  /** The release before kept none. */
  private readAnew({ source, provider, app: name, tenant }: DeliveryRow, body: string) {
    const app = source === 'webhook' ? this.registry.find(provider, name) : undefined;
    const payload = app && parseObject(body);
    return payload && readKeptEvent(app, payload, tenant ?? undefined);
  }

  async find(id: string): Promise<DeliveryRow | undefined> {
    const [row] = await this.database.read(
      `SELECT ${DELIVERY_COLUMNS.join(', ')}, {now} AS db_now FROM flock_delivery WHERE id = :id`,
      { id },
    );
    return row === undefined ? undefined : readDeliveryRow(row);
  }

  /** Whether `claim` would find anything; costs no write. */
  async isAnyDue(sinceMs: number): Promise<boolean> {
    const any = (which: string) => `SELECT 1 AS due FROM flock_delivery WHERE ${which}`;
    const sql = `${any(due(PRIORITY.first, '0'))} UNION ALL ${any(due(PRIORITY.usual, ':since'))}`;
    return (await this.database.read(`${sql} LIMIT 1`, { since: sinceMs })).length > 0;
  }

  /** Takes this delivery if it is due and nobody has it. */
  async claimOne(id: string): Promise<DeliveryRow | undefined> {
    const row = await this.database.write(CLAIM_DELIVERY, {
      id,
      claim: randomUUID(),
      lease: this.policy.leaseMs,
      deployment: this.deployment.name,
    });
    return row === undefined ? undefined : readDeliveryRow(row);
  }

  /**
   * Takes up to `limit` deliveries that are due: what ends connections, and then, of what has been due
   * for `sinceMs` milliseconds, the oldest.
   */
  async claim(limit: number, sinceMs: number): Promise<DeliveryRow[]> {
    if (!this.deployment.isOurs) return [];
    return this.database.run(async (transaction) => {
      const first = await this.pick(transaction, PRIORITY.first, limit, 0);
      const left = limit - first.length;
      if (left < 1) return first;
      return [...first, ...(await this.pick(transaction, PRIORITY.usual, left, sinceMs))];
    });
  }

  /** Takes up to `limit` of those alone that end connections. */
  async claimFirst(limit: number): Promise<DeliveryRow[]> {
    if (!this.deployment.isOurs) return [];
    return this.database.run((transaction) => this.pick(transaction, PRIORITY.first, limit, 0));
  }

  private async pick(
    transaction: Transaction,
    priority: number,
    limit: number,
    since: number,
  ): Promise<DeliveryRow[]> {
    const { randomId } = this.database.dialect;
    const rows = await transaction.updatePicked(
      {
        table: 'flock_delivery',
        set: `claim_id = ${randomId}, claim_until = {now} + :lease,
          ${COUNTED}`,
        pick: `SELECT id FROM flock_delivery
          WHERE ${due(priority, ':since')} AND ${OURS}
          ORDER BY due_at LIMIT ${Math.max(1, Math.floor(limit))}`,
        returning: [...DELIVERY_COLUMNS, '{now} AS db_now'],
      },
      { lease: this.policy.leaseMs, since, deployment: this.deployment.name },
    );
    return rows.map(readDeliveryRow);
  }

  /** Deletes what is older than its retention, a thousand at a time. */
  async prune(): Promise<void> {
    const { retentionMs, deadRetentionMs } = this.policy;
    const kept = [...this.kept].map((type) => ` AND type <> '${type}'`).join('');
    for (const [status, retention] of [
      ['done', retentionMs],
      ['dead', deadRetentionMs],
    ] as const) {
      for (;;) {
        const { affected } = await this.database.run((transaction) =>
          transaction.execute(
            // The inner table of its own: MariaDB takes no LIMIT directly inside IN.
            `DELETE FROM flock_delivery WHERE id IN (SELECT id FROM (SELECT id FROM flock_delivery
               WHERE status = :status AND received_at < (SELECT {now}) - :retention${kept}
               ORDER BY received_at LIMIT ${PRUNE_BATCH}) AS old)`,
            { retention, status },
          ),
        );
        if (affected < PRUNE_BATCH) break;
      }
    }
  }

  private parameters(id: string, delivery: NewDelivery) {
    const { provider, app, tenant, body, event, onceBy } = delivery;
    return {
      id,
      source: delivery.source,
      provider,
      app,
      tenant: tenant ?? null,
      event_id: delivery.eventId,
      body_key: onceBy === undefined ? null : hash('body', provider, app, onceBy),
      type: delivery.type,
      connection_id: delivery.connectionId ?? null,
      occurred_at: instantOf(delivery.occurredAt),
      body: this.sealing.seal(place(id), body),
      event: event ? this.sealing.seal(place(id, 'event'), JSON.stringify(event)) : null,
      priority: delivery.first === true ? PRIORITY.first : PRIORITY.usual,
      delay: delivery.delayMs ?? 0,
    };
  }
}

/** Whole milliseconds that a `Date` can hold: the provider's word for a time may be anything. */
const instantOf = (time: number | undefined): number | null =>
  time !== undefined && Math.abs(time) <= LATEST_MS ? Math.round(time) : null;

/** Apps and tenants are apart: none can take the event id of another. */
const idOf = ({ source, provider, app, tenant, eventId }: NewDelivery): string =>
  hash(source, provider, app, tenant ?? '', eventId);
