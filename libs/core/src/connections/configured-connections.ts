import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { Database } from '../database/database.js';
import { ProviderRegistry } from '../providers/provider.registry.js';

/** The account name of a credential that is given in the configuration. */
export const CONFIGURED_ACCOUNT = 'default';

/** Gives every configured client credential its connection; costs nothing until it is used. */
@Injectable()
export class ConfiguredConnections {
  constructor(
    private readonly database: Database,
    private readonly registry: ProviderRegistry,
  ) {}

  async ensure(): Promise<void> {
    for (const app of this.registry.list()) {
      if (app.needsPerson) continue;
      for (const environment of app.definition.environments) {
        await this.database.run((transaction) =>
          transaction.execute(
            `INSERT INTO flock_connection (id, provider, app, environment, account, scopes, status,
               installed_at, changed_at)
             VALUES (:id, :provider, :app, :environment, :account, '', 'active', {now}, {now})
             ON CONFLICT (provider, app, environment, account) DO NOTHING`,
            {
              id: randomUUID(),
              provider: app.provider,
              app: app.name,
              environment,
              account: CONFIGURED_ACCOUNT,
            },
          ),
        );
      }
    }
  }
}
