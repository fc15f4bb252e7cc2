import { Injectable } from '@nestjs/common';
import type { AuditEvent } from '../foundation/audit/audit-event.js';
import { AuditService } from '../foundation/audit/audit.service.js';
import { Database } from '../foundation/database/database.js';
import type { Transaction } from '../foundation/database/unit-of-work.js';
import { DeliveryStore } from '../inbox/delivery.store.js';
import type { ConnectionEvent } from '../inbox/delivery.store.js';
import { ConnectionCache } from './connection.cache.js';
import { ConnectionReader } from './connection.reader.js';
import type { ConnectionRow } from './connection.row.js';

/** Whose connection was changed; the generation is that of after the change. */
export type ChangedConnection = Pick<
  ConnectionRow,
  'id' | 'provider' | 'app' | 'environment' | 'account' | 'owner' | 'generation'
>;

export interface ConnectionChange {
  /** What the host's handlers hear of, and why. */
  readonly event: ConnectionEvent;
  readonly reason?: string;
  /** The line of the audit trail. */
  readonly trail: Pick<AuditEvent, 'actor' | 'action' | 'outcome' | 'reason' | 'attemptId'>;
}

/** Notes that the unit of work has changed this connection. */
export type NoteChange = (row: ChangedConnection, change: ConnectionChange) => Promise<void>;

/**
 * The one way in which a connection changes for others: its row, the audit trail and the event are
 * committed together or not at all. Then memory lets go of it here, and other instances look.
 */
@Injectable()
export class ConnectionLedger {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly deliveries: DeliveryStore,
    private readonly cache: ConnectionCache,
    private readonly reader: ConnectionReader,
  ) {}

  /** `work` writes the rows and notes each that it has changed. */
  async change<R>(work: (transaction: Transaction, note: NoteChange) => Promise<R>): Promise<R> {
    let changed: ChangedConnection[] = [];
    const result = await this.database.run((transaction) => {
      // A unit that the database refuses for now begins anew.
      changed = [];
      return work(transaction, async (row, change) => {
        await this.record(transaction, row, change);
        changed.push(row);
      });
    });
    for (const { id, provider, account, owner } of changed) {
      this.cache.withdraw(id);
      this.cache.forget(provider, account, owner ?? undefined);
    }
    if (changed.length > 0) this.reader.readViewsAnew();
    return result;
  }

  /** Somebody else has changed it: what memory has of it counts no more. */
  doubt(id: string): void {
    this.cache.withdraw(id);
    this.reader.readViewsAnew();
  }

  private async record(
    transaction: Transaction,
    row: ChangedConnection,
    { event, reason, trail }: ConnectionChange,
  ): Promise<void> {
    const { id, provider, app, environment, owner, generation } = row;
    await this.audit.record(transaction, {
      ...trail,
      provider,
      app,
      environment,
      connectionId: id,
      ...(owner !== null && { owner }),
    });
    await this.deliveries.announce(transaction, event, {
      id,
      provider,
      app,
      generation,
      ...(reason !== undefined && { reason }),
    });
    transaction.follow();
  }
}
