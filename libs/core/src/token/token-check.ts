import { Injectable } from '@nestjs/common';
import { ConnectionReader } from '../connection/connection.reader.js';
import { Database } from '../foundation/database/database.js';
import type { SqlValue } from '../foundation/database/statement.js';
import { FlockError } from '../foundation/errors/flock.error.js';
import { ProviderRegistry } from '../provider/provider.registry.js';
import type { RegisteredApp } from '../provider/registered-app.js';
import { RenewalService } from './renewal/renewal.service.js';
import { Deployment } from '../foundation/deployment/deployment.js';

export interface CheckedConnection {
  readonly id: string;
  readonly provider: string;
  /** `unknown`: the provider gave no clear answer, or it could not be asked. */
  readonly outcome: 'live' | 'reauthorization_required' | 'unknown';
  /** Why it is not live: a reason of the connection, or the code of an error. */
  readonly reason?: string;
}

/** One app whose grants need a person. */
interface Scope {
  readonly app: RegisteredApp;
  readonly parameters: Record<string, SqlValue>;
}

/** Stored before then and not renewed since; of a store that was never restored, all. */
const UNCHECKED = `FROM flock_connection
  WHERE provider = :provider AND app = :app AND status = 'active' AND token_set IS NOT NULL
    AND COALESCE(refreshed_at, installed_at) < :before`;

const PAGE = 500;

/**
 * Finds out which refresh tokens still live, by using each once: nothing else tells. Of a restored
 * store only those from before; a token that needs no person cannot be lost and is left out.
 */
@Injectable()
export class TokenCheck {
  constructor(
    private readonly database: Database,
    private readonly registry: ProviderRegistry,
    private readonly reader: ConnectionReader,
    private readonly renewals: RenewalService,
    private readonly deployment: Deployment,
  ) {}

  /** Connections that are still to be checked. @throws FlockError `unknown_provider` */
  async count(provider?: string): Promise<number> {
    let sum = 0;
    for (const scope of await this.scopes(provider)) {
      for await (const ids of this.pages(scope)) sum += ids.length;
    }
    return sum;
  }

  /** One connection after the other. */
  async *run(provider?: string): AsyncGenerator<CheckedConnection> {
    for (const scope of await this.scopes(provider)) {
      for await (const ids of this.pages(scope)) {
        for (const id of ids) yield await this.check(scope.app, id);
      }
    }
  }

  /** Without personal ones: nothing renews them, they end by themselves. */
  private async *pages({ app, parameters }: Scope): AsyncGenerator<readonly string[]> {
    for (let after = ''; ;) {
      const rows = await this.database.read(
        `SELECT id, account ${UNCHECKED} AND id > :after ORDER BY id LIMIT ${PAGE}`,
        { ...parameters, after },
      );
      yield rows
        .filter(({ account }) => app.definition.personal?.(String(account)) === undefined)
        .map(({ id }) => String(id));
      if (rows.length < PAGE) return;
      after = String(rows.at(-1)?.id);
    }
  }

  private async check(app: RegisteredApp, id: string): Promise<CheckedConnection> {
    const { provider } = app;
    const before = await this.reader.load(id);
    // Without a refresh token there is nothing to try.
    if (before.renewAt === Infinity) return { id, provider, outcome: 'live' };
    let reason = 'unknown_outcome';
    try {
      await this.renewals.renew(before.row);
    } catch (error) {
      reason = error instanceof FlockError ? error.code : 'error';
    }
    const { connection, tokenVersion } = await this.reader.load(id);
    if (connection.status === 'reauthorization_required') {
      const why = connection.reason;
      return {
        id,
        provider,
        outcome: connection.status,
        ...(why !== undefined && { reason: why }),
      };
    }
    if (tokenVersion !== before.tokenVersion) return { id, provider, outcome: 'live' };
    return { id, provider, outcome: 'unknown', reason };
  }

  private async scopes(provider: string | undefined): Promise<Scope[]> {
    // An unknown name is a mistake, not an empty store.
    if (provider !== undefined && !this.registry.list().some((app) => app.provider === provider)) {
      throw new FlockError('unknown_provider', `This host has no provider "${provider}".`);
    }
    const [row] = await this.database.read('SELECT {now} AS db_now');
    const before = this.deployment.stored?.restoredAt ?? Number(row?.db_now);
    return this.registry
      .list()
      .filter((app) => app.needsPerson && (provider === undefined || app.provider === provider))
      .map((app) => ({
        app,
        parameters: { provider: app.provider, app: app.name, before },
      }));
  }
}
