import { Injectable } from '@nestjs/common';
import { AuditService } from '../foundation/audit/audit.service.js';
import { Database } from '../foundation/database/database.js';
import type { SqlValue } from '../foundation/database/statement.js';
import { FlockError } from '../foundation/errors/flock.error.js';
import type { DeliverySource } from './delivery.js';
import { DELIVERY_COLUMNS, PRIORITY, readDeliveryRow } from './delivery.row.js';
import type { DeliveryRow, DeliveryStatus, HandlerStates } from './delivery.row.js';
import { DeliveryStore } from './delivery.store.js';
import { DueDeliveries } from './due-deliveries.js';
import type { DeliveryBacklog } from '../foundation/telemetry/flock.metrics.js';

/** A delivery as a person looks at it; without its body. */
export interface DeliverySummary {
  readonly id: string;
  readonly source: DeliverySource;
  readonly provider: string;
  readonly app: string;
  readonly eventId: string;
  readonly type: string;
  /** `dead`: a handler has failed too often; look at it and replay it. */
  readonly status: DeliveryStatus;
  readonly handlers: HandlerStates;
  readonly attempts: number;
  readonly receivedAt: Date;
  readonly occurredAt?: Date;
  /** When it is tried again. */
  readonly dueAt?: Date;
  readonly finishedAt?: Date;
}

export interface DeliveryFilter {
  readonly source?: DeliverySource;
  readonly provider?: string;
  readonly app?: string;
  readonly type?: string;
  readonly status?: DeliveryStatus;
  /** Continue after this: `next` of the page before. */
  readonly after?: string;
  /** 1 to 500; default 50. */
  readonly limit?: number;
}

export interface DeliveryPage {
  /** Newest first. */
  readonly deliveries: readonly DeliverySummary[];
  /** Present when there may be more. */
  readonly next?: string;
}

const FILTERS = ['source', 'provider', 'app', 'type'] as const;
const STATUSES: readonly DeliveryStatus[] = ['pending', 'done', 'dead'];
const SUMMARY = DELIVERY_COLUMNS.filter((column) => column !== 'body' && column !== 'event').join(
  ', ',
);
const CURSOR = /^(\d{1,16})\.([0-9a-f]{64})$/;

/** Deliveries for people: list, look, replay. */
@Injectable()
export class DeliveryService {
  constructor(
    private readonly database: Database,
    private readonly store: DeliveryStore,
    private readonly audit: AuditService,
    private readonly due: DueDeliveries,
  ) {}

  /** @throws FlockError `invalid_request` for a cursor that is none of ours */
  async list(filter: DeliveryFilter = {}): Promise<DeliveryPage> {
    const limit = Math.max(1, Math.min(500, Math.floor(filter.limit ?? 50)));
    const parameters: Record<string, SqlValue> = {};
    const terms: string[] = [];
    for (const name of FILTERS) {
      const value = filter[name];
      if (value === undefined) continue;
      parameters[name] = value;
      terms.push(`${name} = :${name}`);
    }
    if (filter.after !== undefined) {
      const [, at, id] = CURSOR.exec(filter.after) ?? [];
      if (at === undefined || id === undefined) {
        throw new FlockError(
          'invalid_request',
          '"after" is not usable; expected `next` of a page.',
        );
      }
      Object.assign(parameters, { at: Number(at), after: id });
      // The first term leads straight to the place in the index, however deep the page.
      terms.push('received_at <= :at AND (received_at < :at OR id < :after)');
    }
    const order = `ORDER BY received_at DESC, id DESC LIMIT ${limit}`;
    // The index begins with the status: a short look for each, instead of sorting all that there is.
    const each = (filter.status === undefined ? STATUSES : [filter.status]).map((status, index) => {
      const name = `status_${index}`;
      parameters[name] = status;
      const where = [`status = :${name}`, ...terms].join(' AND ');
      return `SELECT * FROM (SELECT ${SUMMARY} FROM flock_delivery WHERE ${where} ${order}) ${name}`;
    });
    const rows = await this.database.read(
      `SELECT ${SUMMARY}, {now} AS db_now FROM (${each.join(' UNION ALL ')}) found ${order}`,
      parameters,
    );
    const found = rows.map(readDeliveryRow);
    const last = found.at(-1);
    return {
      deliveries: found.map(toSummary),
      ...(found.length === limit &&
        last !== undefined && { next: `${last.received_at}.${last.id}` }),
    };
  }

  /**
   * One delivery with its body, which is the provider's: show it to those only who may see it.
   * @throws FlockError `delivery_unknown`; `connection_unreadable` when it cannot be opened
   */
  async get(id: string): Promise<DeliverySummary & { readonly body: string }> {
    const row = await this.row(id);
    try {
      return { ...toSummary(row), body: this.store.open(row).body };
    } catch {
      throw new FlockError(
        'connection_unreadable',
        `Delivery ${id} cannot be opened with the present encryption keys.`,
      );
    }
  }

  /**
   * Handles a delivery again: the handlers that have not finished, or those named. It need not be
   * dead; one that is being handled now is refused.
   * @throws FlockError `delivery_unknown`, `invalid_request`
   */
  async replay(
    id: string,
    options: { readonly handlers?: readonly string[]; readonly actor?: string } = {},
  ): Promise<void> {
    const row = await this.row(id);
    const named = options.handlers ?? [];
    const wrong = named.find((key) => !Object.hasOwn(row.handlers, key));
    if (wrong !== undefined) {
      throw new FlockError(
        'invalid_request',
        `No such handler of delivery ${id}; expected ${Object.keys(row.handlers).join(', ') || 'none: nobody handled it'}.`,
      );
    }
    const again = (key: string, state: string) =>
      named.length > 0 ? named.includes(key) : state !== 'done';
    const handlers = Object.fromEntries(
      Object.entries(row.handlers).map(([key, state]) => [
        key,
        again(key, state.state) ? { state: 'pending' as const } : state,
      ]),
    );
    const replayed = await this.database.run(async (transaction) => {
      const { affected } = await transaction.execute(
        `UPDATE flock_delivery SET status = 'pending', handlers = :handlers, attempts = 0,
           due_at = {now}, finished_at = NULL, claim_id = NULL, claim_until = NULL
         WHERE id = :id AND runs = :runs AND (claim_until IS NULL OR claim_until <= {now})`,
        { id, runs: row.runs, handlers: JSON.stringify(handlers) },
      );
      if (affected === 0) return false;
      await this.audit.record(transaction, {
        actor: options.actor ?? 'host',
        action: 'delivery',
        outcome: 'replayed',
        reason: `delivery ${id}`,
        provider: row.provider,
        app: row.app,
      });
      return true;
    });
    if (!replayed) {
      throw new FlockError(
        'invalid_request',
        `Delivery ${id} is being handled now; wait for its end.`,
      );
    }
    const first = row.priority === PRIORITY.first;
    this.due.add({ id, runs: row.runs, delayMs: 0, first });
  }

  async backlog(): Promise<DeliveryBacklog> {
    // Dead letters may be many, and are only counted: an index has their number.
    const rows = await this.database.read(
      `SELECT 'pending' AS status, COUNT(*) AS number, {now} AS db_now,
         MIN(due_at) AS due
       FROM flock_delivery WHERE status = 'pending'
       UNION ALL
       SELECT 'dead' AS status, COUNT(*) AS number, {now} AS db_now, NULL AS due
       FROM flock_delivery WHERE status = 'dead'`,
    );
    const of = (status: DeliveryStatus) => rows.find((row) => row.status === status);
    const pending = of('pending');
    const due = pending?.due ?? undefined;
    const waited = due === undefined ? 0 : Number(pending?.db_now) - Number(due);
    return {
      pending: Number(pending?.number ?? 0),
      dead: Number(of('dead')?.number ?? 0),
      oldestDueSeconds: Math.max(0, waited / 1_000),
    };
  }

  private async row(id: string): Promise<DeliveryRow> {
    const row = /^[0-9a-f]{64}$/.test(id) ? await this.store.find(id) : undefined;
    if (row !== undefined) return row;
    throw new FlockError('delivery_unknown', 'There is no such delivery, or it was pruned.');
  }
}

function toSummary(row: DeliveryRow): DeliverySummary {
  return {
    id: row.id,
    source: row.source,
    provider: row.provider,
    app: row.app,
    eventId: row.event_id,
    type: row.type,
    status: row.status,
    handlers: row.handlers,
    attempts: row.attempts,
    receivedAt: new Date(row.received_at),
    ...(row.occurred_at !== null && { occurredAt: new Date(row.occurred_at) }),
    ...(row.due_at !== null && { dueAt: new Date(row.due_at) }),
    ...(row.finished_at !== null && { finishedAt: new Date(row.finished_at) }),
  };
}
