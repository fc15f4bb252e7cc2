import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { ConnectionCache } from '../connections/connection.cache.js';
import { ConnectionReader } from '../connections/connection.reader.js';
import {
  CONNECTION_COLUMNS,
  readConnectionRow,
  writeScopes,
} from '../connections/connection.row.js';
import type { ConnectionRow } from '../connections/connection.row.js';
import { Database } from '../database/database.js';
import type { Delivery } from '../deliveries/delivery.js';
import type { DeliveryHandler } from '../deliveries/delivery-handlers.js';
import { DeliveryStore } from '../deliveries/delivery.store.js';
import { RetryLater } from '../deliveries/retry-later.js';
import { ProviderRegistry } from '../providers/provider.registry.js';
import type { LifecycleChange } from '../webhooks/webhook-definition.js';
import { ConnectionCheck } from './connection-check.js';
import { ConnectionWithdrawal } from './connection-withdrawal.js';
import { CHANGE_SCOPES } from './lifecycle.statements.js';

/** Two times of one provider that are closer than this do not say which event came first. */
const AMBIGUOUS_MS = 300_000;
/** Until the provider gives a clear answer about an ambiguous event. */
const ASK_AGAIN_SECONDS = 5;

/**
 * What the library itself does about signed events: ends connections, and follows their scopes.
 * Repeating it changes nothing; an event of before the present install is left alone.
 */
@Injectable()
export class LifecycleHandler implements DeliveryHandler {
  readonly key = 'nest-flock.lifecycle';
  readonly source = 'webhook';
  readonly internal = true;

  constructor(
    private readonly database: Database,
    private readonly registry: ProviderRegistry,
    private readonly reader: ConnectionReader,
    private readonly cache: ConnectionCache,
    private readonly audit: AuditService,
    private readonly withdrawal: ConnectionWithdrawal,
    private readonly check: ConnectionCheck,
    private readonly deliveries: DeliveryStore,
  ) {}

  matches({ provider, app }: { provider: string; app: string }): boolean {
    return this.registry.find(provider, app)?.definition.webhooks?.lifecycle !== undefined;
  }

  async run(delivery: Delivery): Promise<void> {
    const app = this.registry.get(delivery.provider, delivery.app);
    const { webhooks } = app.definition;
    const event = webhooks?.read(delivery.payload, app.options, undefined);
    const change = event && webhooks?.lifecycle?.(event, delivery.payload);
    if (change === undefined) return;
    const rows = await this.concerned(delivery, change);
    const at = delivery.occurredAt?.getTime();
    for (const row of rows) {
      if (change.kind === 'revoked') await this.revoke(row, at);
      else await this.changeScopes(row, change, at ?? row.db_now, rows.length);
    }
  }

  private async concerned(
    { provider, app }: Delivery,
    { account, install }: LifecycleChange,
  ): Promise<ConnectionRow[]> {
    if (account === undefined && install === undefined) return [];
    const column = account === undefined ? 'install' : 'account';
    const rows = await this.database.read(
      `SELECT ${CONNECTION_COLUMNS.join(', ')}, {now} AS db_now FROM flock_connection
       WHERE ${column} = :value AND provider = :provider AND app = :app AND status <> 'revoked'`,
      { provider, app, value: account ?? install ?? '' },
    );
    return rows.map(readConnectionRow);
  }

  private async revoke(row: ConnectionRow, at: number | undefined): Promise<void> {
    const installed = row.provider_time ?? row.installed_at;
    const newer = at === undefined ? 0 : at - installed;
    if (newer < -AMBIGUOUS_MS) return this.ignore(row, 'older_than_install');
    if (newer <= AMBIGUOUS_MS) {
      const result = await this.check.run(row.id);
      if (result === 'unknown') throw new RetryLater(ASK_AGAIN_SECONDS);
      if (result === 'alive') return this.ignore(row, 'still_alive');
    }
    await this.withdrawal.run(row, 'uninstalled');
  }

  private async changeScopes(
    row: ConnectionRow,
    change: LifecycleChange,
    at: number,
    concerned: number,
  ): Promise<void> {
    // What an install is granted is the sum of its grants: of several, none has all of it.
    if (change.account === undefined && concerned > 1) return;
    const scopes = writeScopes(change.scopes ?? []);
    if (sorted(scopes) === sorted(row.scopes)) return;
    const { id, generation } = row;
    const changed = await this.database.run(async (transaction) => {
      const found = await transaction.apply(CHANGE_SCOPES, { id, generation, scopes, at });
      if (found === undefined) return false;
      await this.audit.record(transaction, {
        actor: 'provider',
        action: 'scopes',
        outcome: 'changed',
        provider: row.provider,
        app: row.app,
        environment: row.environment,
        connectionId: id,
      });
      await this.deliveries.announce(transaction, 'scopes_changed', row);
      return true;
    });
    if (!changed) return;
    this.cache.withdraw(id);
    this.reader.refreshViews();
  }

  private ignore(row: ConnectionRow, reason: string): Promise<void> {
    return this.audit.note({
      actor: 'provider',
      action: 'uninstall',
      outcome: 'ignored',
      reason,
      provider: row.provider,
      app: row.app,
      environment: row.environment,
      connectionId: row.id,
    });
  }
}

const sorted = (scopes: string): string => scopes.split(' ').sort().join(' ');
