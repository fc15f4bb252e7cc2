import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { Database } from '../foundation/database/database.js';
import { fitsColumn } from '../provider/read-json.js';
import type { SqlValue } from '../foundation/database/statement.js';
import { FlockError } from '../foundation/errors/flock.error.js';
import { ProviderRegistry } from '../provider/provider.registry.js';
import { checkServerUrl } from '../provider/server-url.js';
import { ConnectionWithdrawal } from './connection-withdrawal.js';
import { RevocationService } from './revocation/revocation.service.js';
import { SealingService } from '../foundation/sealing/sealing.service.js';
import { AccountDirectory } from '../token/account-directory.js';
import type { Connection, ConnectionStatus } from '../provider/connection.js';
import { ConnectionLedger } from '../connection/connection-ledger.js';
import { ConnectionReader } from '../connection/connection.reader.js';
import type { ConnectionRef } from '../provider/connection-ref.js';
import { connectionsWhere } from '../connection/connection-rows.js';
import { toConnection } from '../connection/connection.row.js';
import { NO_CLAIM } from '../connection/connection.statements.js';
import { credentialPlace } from '../connection/seal-places.js';

export interface ConnectionFilter {
  readonly provider?: string;
  readonly app?: string;
  readonly environment?: string;
  readonly account?: string;
  readonly merchant?: string;
  readonly install?: string;
  readonly owner?: string;
  readonly status?: ConnectionStatus;
  /** Continue after this id: `next` of the page before. */
  readonly after?: string;
  /** 1 to 1,000; default 100. */
  readonly limit?: number;
}

export interface ConnectionPage {
  readonly connections: readonly Connection[];
  /** Present when there may be more. */
  readonly next?: string;
}

export interface CredentialRegistration {
  readonly provider: string;
  readonly app?: string;
  readonly environment?: string;
  /** The name that refs use: the merchant's id. */
  readonly account: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The account's own server, where the provider has one per merchant; its host must be allowed. */
  readonly serverUrl?: string;
  readonly owner?: string;
  readonly merchant?: string;
}

const FILTERS = [
  'provider',
  'app',
  'environment',
  'account',
  'merchant',
  'install',
  'owner',
  'status',
] as const;

/** Looks up, registers and ends connections. Never hands out a token. */
@Injectable()
export class ConnectionService {
  constructor(
    private readonly database: Database,
    private readonly reader: ConnectionReader,
    private readonly registry: ProviderRegistry,
    private readonly sealing: SealingService,
    private readonly ledger: ConnectionLedger,
    private readonly withdrawal: ConnectionWithdrawal,
    private readonly revocations: RevocationService,
    private readonly accounts: AccountDirectory,
  ) {}

  /** The connection as the store has it. @throws FlockError `not_connected`, `connection_ambiguous` */
  async get(ref: ConnectionRef): Promise<Connection> {
    return (await this.reader.load(ref)).connection;
  }

  /**
   * The only account of an app with client credentials, given in the options or registered. What the
   * options name counts even while it is disconnected: a call never slips to another account.
   * @param app default: the provider's only app
   * @throws FlockError `not_connected`, `connection_ambiguous`, `unknown_provider`
   */
  async only(provider: string, app?: string): Promise<Connection> {
    return this.get(await this.accounts.only(this.registry.get(provider, app), undefined));
  }

  /** Connections that match, in the order of their ids. */
  async find(filter: ConnectionFilter = {}): Promise<ConnectionPage> {
    const limit = Math.max(1, Math.min(1_000, Math.floor(filter.limit ?? 100)));
    const parameters: Record<string, SqlValue> = {};
    const terms = ['1 = 1'];
    for (const name of FILTERS) {
      const value = filter[name];
      if (value === undefined) continue;
      parameters[name] = value;
      terms.push(`${name} = :${name}`);
    }
    // Says what the index of ended connections holds, so that the few among a million are found by it.
    if (filter.status !== undefined && filter.status !== 'active') terms.push("status <> 'active'");
    if (filter.after !== undefined) {
      parameters.after = filter.after;
      terms.push('id > :after');
    }
    const where = `${terms.join(' AND ')} ORDER BY id LIMIT ${limit}`;
    const rows = await connectionsWhere(this.database, where, parameters);
    const connections = rows.map(toConnection);
    const last = connections.at(-1);
    return {
      connections,
      ...(connections.length === limit && last !== undefined && { next: last.id }),
    };
  }

  /**
   * Keeps a credential sealed, for platforms that issue one per merchant. Registering the same
   * account again replaces it, under a new generation.
   * @throws FlockError `unknown_provider`, `invalid_request` that names the field,
   * `connection_owned_elsewhere`
   */
  async register(registration: CredentialRegistration): Promise<Connection> {
    const app = this.registry.get(registration.provider, registration.app);
    const environment = registration.environment ?? app.definition.environments[0] ?? 'default';
    if (app.needsPerson || !app.hasEnvironment(environment)) {
      throw new FlockError(
        'unknown_provider',
        app.needsPerson
          ? `${app.definition.title} issues no credential per merchant: merchants install it.`
          : `${app.definition.title} has no environment "${environment}"; expected one of ${app.definition.environments.join(', ')}.`,
      );
    }
    assertTexts(registration);
    const serverUrl =
      registration.serverUrl === undefined ? null : checkServerUrl(app, registration.serverUrl);
    const key = {
      provider: app.provider,
      app: app.name,
      environment,
      account: registration.account,
    };
    const credential = JSON.stringify({
      id: registration.clientId,
      secret: registration.clientSecret,
    });
    const id = await this.ledger.change(async (transaction, note) => {
      // Two registrations of one account at once: the later one sees whose it is by then.
      await transaction.lock(Object.values(key).join('/'));
      const existing = await transaction.first(
        `SELECT id, owner, status, generation FROM flock_connection WHERE provider = :provider AND app = :app
         AND environment = :environment AND account = :account`,
        key,
      );
      const row = (existing?.id as string | undefined) ?? randomUUID();
      const values = {
        ...key,
        id: row,
        owner: registration.owner ?? null,
        merchant: registration.merchant ?? null,
        server_url: serverUrl,
        credential: this.sealing.seal(credentialPlace(row), credential),
      };
      if (existing === undefined) {
        await transaction.execute(
          `INSERT INTO flock_connection (id, provider, app, environment, account, owner, merchant,
             server_url, scopes, status, credential, installed_at, changed_at)
           VALUES (:id, :provider, :app, :environment, :account, :owner, :merchant,
             :server_url, '', 'active', :credential, {now}, {now})`,
          values,
        );
      } else {
        if (existing.status !== 'revoked' && (existing.owner ?? null) !== values.owner) {
          throw new FlockError(
            'connection_owned_elsewhere',
            `The account ${registration.account} belongs to another owner.`,
          );
        }
        await transaction.execute(
          `UPDATE flock_connection SET owner = :owner, merchant = :merchant, credential = :credential,
             server_url = :server_url,
             token_set = NULL, expires_at = NULL, refreshed_at = NULL, due_at = NULL,
             status = 'active', status_reason = NULL, generation = generation + 1,
             token_version = token_version + 1, ${NO_CLAIM}, unknown_outcomes = 0, failures = 0,
             failure = NULL, retry_at = NULL, installed_at = {now}, changed_at = {now}
           WHERE id = :id`,
          values,
        );
      }
      const outcome = existing === undefined ? 'created' : 'replaced';
      await note(
        { ...values, generation: Number(existing?.generation ?? 0) + 1 },
        {
          event: 'connected',
          reason: 'registered',
          trail: { actor: 'host', action: 'register', outcome },
        },
      );
      return row;
    });
    return this.get(id);
  }

  /**
   * Ends a connection: obeyed here at once and everywhere within 2 s. Its tokens and sessions are
   * gone with the same statement, whatever is in flight. Where the provider can revoke tokens (RFC
   * 7009), or has a route for it, it is told, again and again until it answers. Calling it again does nothing.
   * @throws FlockError `not_connected`, `connection_ambiguous`
   */
  async disconnect(
    ref: ConnectionRef,
    by: { actor?: string; reason?: string } = {},
  ): Promise<void> {
    const entry = await this.reader.load(ref);
    const { id, provider, app, owner = null } = entry.connection;
    const reason = by.reason ?? 'disconnected';
    const remote = this.revocations.wayOf(this.registry.find(provider, app), entry);
    const ended = await this.withdrawal.end({ ...entry.row, owner }, remote, reason, {
      actor: by.actor ?? 'host',
      action: 'disconnect',
    });
    // The provider may take its time; here the connection is out already.
    if (remote !== 'none') void this.revocations.run().catch(() => undefined);
    if (!ended) {
      const now = await this.reader.load(id);
      // A new install came between reading and writing: that is the one to end.
      if (now.connection.status !== 'revoked') await this.disconnect(id, by);
    }
  }
}

/** A registration may come from a form of the host. */
function assertTexts(registration: CredentialRegistration): void {
  const limits = {
    account: 190,
    clientId: 2_000,
    clientSecret: 2_000,
    owner: 190,
    merchant: 190,
  } as const;
  for (const [field, longest] of Object.entries(limits)) {
    const value: unknown = registration[field as keyof typeof limits];
    if (value === undefined && (field === 'owner' || field === 'merchant')) continue;
    if (fitsColumn(value, longest) && value.trim() !== '') continue;
    throw new FlockError(
      'invalid_request',
      `"${field}" of the credential is not usable; expected a text of 1 to ${longest} characters.`,
    );
  }
}
