import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { Database } from '../foundation/database/database.js';
import type { ConfiguredAccount } from '../provider/provider-place.js';
import { ProviderRegistry } from '../provider/provider.registry.js';
import type { RegisteredApp } from '../provider/registered-app.js';

/** Accounts of one transaction. */
const BATCH = 500;

/** Gives every configured client credential its connection; costs nothing until it is used. */
@Injectable()
export class ConfiguredConnections {
  constructor(
    private readonly database: Database,
    private readonly registry: ProviderRegistry,
  ) {}

  async ensure(): Promise<void> {
    for (const app of this.registry.list()) {
      const { accounts } = app;
      for (let start = 0; start < accounts.length; start += BATCH) {
        await this.ensureSome(app, accounts.slice(start, start + BATCH));
      }
    }
  }

  private ensureSome(app: RegisteredApp, accounts: readonly ConfiguredAccount[]): Promise<void> {
    return this.database.run(async (transaction) => {
      let changed = 0;
      for (const { environment, account, owner } of accounts) {
        const key = { provider: app.provider, app: app.name, environment, account };
        const added = await transaction.execute(
          `INSERT INTO flock_connection (id, provider, app, environment, account, owner, scopes,
             status, installed_at, changed_at)
           VALUES (:id, :provider, :app, :environment, :account, :owner, '', 'active', {now}, {now})
           ${this.database.dialect.ifAbsent}`,
          { ...key, id: randomUUID(), owner: owner ?? null },
        );
        changed += added.affected;
        if (owner === undefined) continue;
        const given = await transaction.execute(
          `UPDATE flock_connection SET owner = :owner, changed_at = {now}
           WHERE provider = :provider AND app = :app AND environment = :environment
             AND account = :account AND credential IS NULL AND (owner IS NULL OR owner <> :owner)`,
          { ...key, owner },
        );
        changed += given.affected;
      }
      if (changed > 0) transaction.follow();
    });
  }
}
