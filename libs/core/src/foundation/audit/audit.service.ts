import { Injectable, Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { Database } from '../database/database.js';
import type { SqlRow, SqlValue } from '../database/statement.js';
import type { Transaction } from '../database/unit-of-work.js';
import type { AuditEvent } from './audit-event.js';

/** Kept for 400 days, a year and a little. */
const RETENTION_MS = 400 * 86_400_000;
/** Deletes of one transaction. */
const PRUNE_BATCH = 1_000;

const INSERT = `INSERT INTO flock_event
  (id, at, actor, action, outcome, reason, provider, app, environment, connection_id, owner, attempt_id)
  VALUES (:id, {now}, :actor, :action, :outcome, :reason, :provider, :app, :environment, :connection, :owner, :attempt)`;

/** Writes the audit trail. */
@Injectable()
export class AuditService {
  private readonly logger = new Logger('NestFlock');

  constructor(private readonly database: Database) {}

  /** Within the transaction of the change that it records. */
  async record(transaction: Transaction, event: AuditEvent): Promise<void> {
    await transaction.execute(INSERT, parametersOf(event));
  }

  /** On its own, for what changes no row. A failure is logged: the event must not fail its cause. */
  async note(event: AuditEvent): Promise<void> {
    try {
      await this.database.run((transaction) => this.record(transaction, event));
    } catch {
      this.logger.warn(
        `audit event not stored: ${event.action} ${event.outcome} ${event.connectionId ?? ''}`,
      );
    }
  }

  /** Newest first. */
  async list(filter: { connectionId?: string; limit?: number } = {}): Promise<SqlRow[]> {
    const limit = Math.min(filter.limit ?? 100, 1_000);
    return filter.connectionId === undefined
      ? this.database.read(`SELECT * FROM flock_event ORDER BY at DESC LIMIT ${limit}`)
      : this.database.read(
          `SELECT * FROM flock_event WHERE connection_id = :connection ORDER BY at DESC LIMIT ${limit}`,
          { connection: filter.connectionId },
        );
  }

  /** A thousand at a time. */
  async prune(): Promise<void> {
    for (;;) {
      const { affected } = await this.database.run((transaction) =>
        transaction.execute(
          // The inner table of its own: MariaDB takes no LIMIT directly inside IN.
          `DELETE FROM flock_event WHERE id IN (SELECT id FROM (SELECT id FROM flock_event
             WHERE at < (SELECT {now}) - :retention ORDER BY at LIMIT ${PRUNE_BATCH}) AS old)`,
          { retention: RETENTION_MS },
        ),
      );
      if (affected < PRUNE_BATCH) return;
    }
  }
}

function parametersOf(event: AuditEvent): Record<string, SqlValue> {
  return {
    id: randomUUID(),
    actor: event.actor,
    action: event.action,
    outcome: event.outcome,
    reason: event.reason ?? null,
    provider: event.provider ?? null,
    app: event.app ?? null,
    environment: event.environment ?? null,
    connection: event.connectionId ?? null,
    owner: event.owner ?? null,
    attempt: event.attemptId ?? null,
  };
}
