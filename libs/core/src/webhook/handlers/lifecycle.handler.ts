import { Injectable } from '@nestjs/common';
import { AuditService } from '../../foundation/audit/audit.service.js';
import { connectionsWhere } from '../../connection/connection-rows.js';
import { writeScopes } from '../../connection/connection.row.js';
import type { ConnectionRow } from '../../connection/connection.row.js';
import { Database } from '../../foundation/database/database.js';
import type { Delivery } from '../../inbox/delivery.js';
import type { DeliveryHandler } from '../../inbox/delivery-handlers.js';
import { RetryLater } from '../../inbox/retry-later.js';
import { ProviderRegistry } from '../../provider/provider.registry.js';
import type { KeptEvent } from '../../provider/kept-event.js';
import type { LifecycleChange } from '../../provider/webhook-definition.js';
import { AMBIGUOUS_MS, ConnectionCheck } from '../../lifecycle/connection-check.js';
import { ConnectionScopes } from '../../lifecycle/connection-scopes.js';
import { ConnectionWithdrawal } from '../../lifecycle/connection-withdrawal.js';

/** Until the provider gives a clear answer about an ambiguous event. */
const ASK_AGAIN_SECONDS = 5;
const MOST_SECONDS = 300;
/** A release without the column left the time of the install before; or the clocks differ so much. */
const CLOCKS_APART_MS = 600_000;

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
    private readonly audit: AuditService,
    private readonly withdrawal: ConnectionWithdrawal,
    private readonly check: ConnectionCheck,
    private readonly scopes: ConnectionScopes,
  ) {}

  matches({ provider, app }: { provider: string; app: string }): boolean {
    return this.registry.find(provider, app)?.definition.webhooks?.lifecycle !== undefined;
  }

  async run(delivery: Delivery, event: KeptEvent | undefined): Promise<void> {
    const change = event?.change;
    if (change === undefined) return;
    const rows = await this.concerned(delivery, change);
    const at = delivery.occurredAt?.getTime();
    let open = false;
    for (const row of rows) {
      if (change.kind === 'revoked') open = (await this.revoke(row, at)) === 'open' || open;
      else await this.changeScopes(row, change, at ?? row.db_now, rows.length);
    }
    // One that is not clear holds nobody back, and is asked about less and less often.
    if (open) throw new RetryLater(Math.min(MOST_SECONDS, ASK_AGAIN_SECONDS * delivery.attempt));
  }

  private async concerned(
    { provider, app }: Delivery,
    { account, install }: LifecycleChange,
  ): Promise<ConnectionRow[]> {
    if (account === undefined && install === undefined) return [];
    const column = account === undefined ? 'install' : 'account';
    return connectionsWhere(
      this.database,
      `${column} = :value AND provider = :provider AND app = :app AND status <> 'revoked'`,
      { provider, app, value: account ?? install ?? '' },
    );
  }

  /** `open`: the provider gave no clear answer about it. */
  private async revoke(row: ConnectionRow, at: number | undefined): Promise<'open' | 'settled'> {
    const newer = at === undefined ? 0 : at - (row.provider_time ?? row.installed_at);
    if (newer < -AMBIGUOUS_MS) {
      await this.ignore(row, 'older_than_install');
      return 'settled';
    }
    if (newer <= AMBIGUOUS_MS || !isTimeOfInstall(row)) {
      const result = await this.check.run(row.id);
      if (result === 'unknown') return 'open';
      if (result === 'alive') {
        await this.ignore(row, 'still_alive');
        return 'settled';
      }
    }
    await this.withdrawal.run(row, 'uninstalled');
    return 'settled';
  }

  private async changeScopes(
    row: ConnectionRow,
    change: LifecycleChange,
    at: number,
    concerned: number,
  ): Promise<void> {
    // What an install is granted is the sum of its grants: of several, none has all of it.
    if (change.account === undefined && concerned > 1) return;
    await this.scopes.follow(row, writeScopes(change.scopes ?? []), at);
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

const isTimeOfInstall = ({ provider_time: at, installed_at: installed }: ConnectionRow): boolean =>
  at === null || Math.abs(at - installed) <= CLOCKS_APART_MS;
