import { Injectable } from '@nestjs/common';
import { hash as digest, randomUUID } from 'node:crypto';
import { Database } from '../database/database.js';
import type { Transaction } from '../database/unit-of-work.js';
import { UNINSTALLED_BY_PROVIDER } from '../webhooks/hint-types.js';
import { SealingService } from '../sealing/sealing.service.js';
import type { DeliverySource } from './delivery.js';
import { DeliveryPolicyHolder } from './delivery-policy.holder.js';
import { DELIVERY_COLUMNS, readDeliveryRow } from './delivery.row.js';
import type { DeliveryRow } from './delivery.row.js';
import { INSERT_DELIVERY } from './delivery.statements.js';

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
  /** The signature, where the event id does not make the event: the same bytes are a copy. */
  readonly onceBy?: string;
  /** Milliseconds. Default 0. */
  readonly delayMs?: number;
  /** Before everything that waits. */
  readonly first?: boolean;
}

/** What happens to a connection, for `@OnConnection`. */
export type ConnectionEvent =
  'connected' | 'scopes_changed' | 'reauthorization_required' | 'revoked';

const place = (id: string) => ({ table: 'flock_delivery', row: id, column: 'body' });
const hash = (...parts: readonly string[]): string =>
  digest('sha256', JSON.stringify(parts), 'hex');
/** Due so long before it came: ahead of whatever waits. */
export const FIRST_MS = 86_400_000;
/** Deletes of one transaction. */
const PRUNE_BATCH = 1_000;

/** Stores deliveries, sealed. */
@Injectable()
export class DeliveryStore {
  /** Copies that arrive together wait for the one that is being stored. */
  private readonly storing = new Map<string, Promise<boolean>>();
  /** Called when there is something to handle. */
  onStored: () => void = () => undefined;

  constructor(
    private readonly database: Database,
    private readonly sealing: SealingService,
    private readonly holder: DeliveryPolicyHolder,
  ) {}

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
      if (added) this.onStored();
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
    await transaction.apply(INSERT_DELIVERY, this.parameters(idOf(delivery), delivery));
    // The commit is about to come; a look that comes too early is repeated within a second.
    setImmediate(() => this.onStored());
  }

  /** @throws UnsealError */
  open(row: DeliveryRow): string {
    return this.sealing.open(place(row.id), row.body);
  }

  async find(id: string): Promise<DeliveryRow | undefined> {
    const [row] = await this.database.read(
      `SELECT ${DELIVERY_COLUMNS.join(', ')}, {now} AS db_now FROM flock_delivery WHERE id = :id`,
      { id },
    );
    return row === undefined ? undefined : readDeliveryRow(row);
  }

  /** Whether anything is due; costs no write. */
  async isAnyDue(): Promise<boolean> {
    const rows = await this.database.read(
      `SELECT 1 AS due FROM flock_delivery WHERE status = 'pending' AND due_at <= (SELECT {now})
         AND (claim_until IS NULL OR claim_until <= {now}) LIMIT 1`,
    );
    return rows.length > 0;
  }

  /** Takes up to `limit` deliveries that are due; `first`: only what goes before everything else. */
  async claim(limit: number, first = false): Promise<DeliveryRow[]> {
    const { randomId, skipLocked } = this.database.dialect;
    return this.database.run(async (transaction) => {
      const { rows } = await transaction.execute(
        `UPDATE flock_delivery SET claim_id = ${randomId}, claim_until = {now} + :lease,
           attempts = attempts + 1, runs = runs + 1
         WHERE id IN (SELECT id FROM flock_delivery
           WHERE status = 'pending' AND due_at <= (SELECT {now}) - :ahead
             AND (claim_until IS NULL OR claim_until <= {now})
           ORDER BY due_at LIMIT ${Math.max(1, Math.floor(limit))} ${skipLocked})
         RETURNING ${DELIVERY_COLUMNS.join(', ')}, {now} AS db_now`,
        { lease: this.holder.policy.leaseMs, ahead: first ? FIRST_MS / 2 : 0 },
      );
      return rows.map(readDeliveryRow);
    });
  }

  /** Deletes what is older than its retention, a thousand at a time. */
  async prune(): Promise<void> {
    const { retentionMs, deadRetentionMs } = this.holder.policy;
    for (const [status, retention] of [
      ['done', retentionMs],
      ['dead', deadRetentionMs],
    ] as const) {
      for (;;) {
        const { affected } = await this.database.run((transaction) =>
          transaction.execute(
            `DELETE FROM flock_delivery WHERE id IN (SELECT id FROM flock_delivery
               WHERE status = :status AND received_at < (SELECT {now}) - :retention
                 AND type <> '${UNINSTALLED_BY_PROVIDER}'
               ORDER BY received_at LIMIT ${PRUNE_BATCH})`,
            { retention, status },
          ),
        );
        if (affected < PRUNE_BATCH) break;
      }
    }
  }

  private parameters(id: string, delivery: NewDelivery) {
    const { provider, app, tenant, body, onceBy } = delivery;
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
      occurred_at: delivery.occurredAt ?? null,
      body: this.sealing.seal(place(id), body),
      delay: delivery.first === true ? -FIRST_MS : (delivery.delayMs ?? 0),
    };
  }
}

/** Apps and tenants are apart: none can take the event id of another. */
const idOf = ({ source, provider, app, tenant, eventId }: NewDelivery): string =>
  hash(source, provider, app, tenant ?? '', eventId);
