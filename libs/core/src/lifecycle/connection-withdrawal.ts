import { Injectable } from '@nestjs/common';
import { AuditService } from '../foundation/audit/audit.service.js';
import { ConnectionCache } from '../connection/connection.cache.js';
import { ConnectionReader } from '../connection/connection.reader.js';
import type { ConnectionRow } from '../connection/connection.row.js';
import { REVOKE } from '../connection/connection.statements.js';
import { Database } from '../foundation/database/database.js';
import { DeliveryStore } from '../inbox/delivery.store.js';

/** Ends a connection here because the provider has ended it. Nothing is left to tell the provider. */
@Injectable()
export class ConnectionWithdrawal {
  constructor(
    private readonly database: Database,
    private readonly reader: ConnectionReader,
    private readonly cache: ConnectionCache,
    private readonly audit: AuditService,
    private readonly deliveries: DeliveryStore,
  ) {}

  /** `false` when it had ended, or a newer install has taken its place. */
  async run(
    row: Pick<ConnectionRow, 'id' | 'provider' | 'app' | 'environment' | 'generation' | 'owner'>,
    reason: string,
  ): Promise<boolean> {
    const { id, provider, app, environment, generation, owner } = row;
    const revoked = await this.database.run(async (transaction) => {
      const changed = await transaction.apply(REVOKE, { id, generation, reason, keep: 0 });
      if (changed === undefined) return false;
      await this.audit.record(transaction, {
        actor: 'provider',
        action: 'uninstall',
        outcome: 'revoked',
        reason,
        provider,
        app,
        environment,
        connectionId: id,
        ...(owner !== null && { owner }),
      });
      await this.deliveries.announce(transaction, 'revoked', { ...row, reason });
      return true;
    });
    this.cache.withdraw(id);
    this.reader.refreshViews();
    return revoked;
  }
}
