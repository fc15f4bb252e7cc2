import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { AuditService } from '../foundation/audit/audit.service.js';
import type { Connection } from '../provider/connection.js';
import { ConnectionLedger } from '../connection/connection-ledger.js';
import type { NoteChange } from '../connection/connection-ledger.js';
import { ConnectionReader } from '../connection/connection.reader.js';
import { connectionsWhere } from '../connection/connection-rows.js';
import { toConnection } from '../connection/connection.row.js';
import type { ConnectionRow } from '../connection/connection.row.js';
import { END, NO_CLAIM } from '../connection/connection.statements.js';
import { tokenSetPlace } from '../connection/seal-places.js';
import { Database } from '../foundation/database/database.js';
import type { Transaction } from '../foundation/database/unit-of-work.js';
import { FlockError } from '../foundation/errors/flock.error.js';
import type { InstalledAccount } from '../provider/install-definition.js';
import { RescueService } from '../token/rescue/rescue.service.js';
import { RENEWAL_POLICY, leaseMs } from '../token/endpoint/renewal-policy.js';
import type { RenewalPolicy } from '../token/endpoint/renewal-policy.js';
import { SealingService } from '../foundation/sealing/sealing.service.js';
import { writeTokenSet } from '../connection/token-set.js';
import { mayTake, planOf } from './install-plan.js';
import type { InstalledTokens } from './install-plan.js';

const ACCOUNT =
  'provider = :provider AND app = :app AND environment = :environment AND account = :account';

/** Makes a connection of an exchange: a new one, or a new generation of one that was there. */
@Injectable()
export class InstalledConnectionStore {
  constructor(
    private readonly database: Database,
    private readonly reader: ConnectionReader,
    private readonly ledger: ConnectionLedger,
    private readonly sealing: SealingService,
    private readonly audit: AuditService,
    private readonly rescue: RescueService,
    @Inject(RENEWAL_POLICY) private readonly policy: RenewalPolicy,
  ) {
    rescue.handle('install', async ({ attemptId, data }) => {
      const text = sealing.open(rescuePlace(attemptId), Buffer.from(String(data.sealed), 'base64'));
      const installed = JSON.parse(text) as InstalledTokens;
      if (await this.isStored(installed)) return 'stored';
      return this.save(installed, true).then(
        (saved) => (saved === 'obsolete' ? ('obsolete' as const) : ('stored' as const)),
        (error: unknown) => {
          // Somebody else holds the account by now: it will never be ours.
          if (error instanceof FlockError && error.code === 'connection_owned_elsewhere')
            return 'obsolete' as const;
          throw error;
        },
      );
    });
  }

  /** Connections that the install would replace: the same account, or an older grant of the same key. */
  async replaced(
    app: { provider: string; name: string },
    account: InstalledAccount,
  ): Promise<Connection[]> {
    const rows = await connectionsWhere(
      this.database,
      `provider = :provider AND app = :app AND environment = :environment
         AND (account = :account OR (merchant = :merchant AND supersede_key = :key))
         AND status <> 'revoked'`,
      {
        provider: app.provider,
        app: app.name,
        environment: account.environment,
        account: account.account,
        merchant: account.merchant ?? null,
        key: account.supersedeKey ?? null,
      },
    );
    return rows.map(toConnection);
  }

  /**
   * Stores it; into a rescue file if the store refuses. Waits, within a claim's life, for a renewal
   * of the same account that is in flight.
   * @throws FlockError `connection_owned_elsewhere`, `install_failed`
   */
  async store(installed: InstalledTokens): Promise<{ connection: Connection; epoch: number }> {
    try {
      await this.waitForClaim(installed);
      await this.save(installed);
    } catch (error) {
      if (error instanceof FlockError && error.code === 'connection_owned_elsewhere') throw error;
      await this.saveLater(installed);
    }
    const entry = await this.reader.load(keyOf(installed));
    return { connection: entry.connection, epoch: entry.sessionEpoch };
  }

  private async saveLater(installed: InstalledTokens): Promise<void> {
    const { attemptId, provider, app } = installed;
    const sealed = this.sealing.seal(rescuePlace(attemptId), JSON.stringify(installed));
    const stored = await this.rescue.keep(
      { kind: 'install', attemptId, provider, app, data: { sealed: sealed.toString('base64') } },
      this.policy.storeBudgetMs,
    );
    if (stored) return;
    throw new FlockError(
      'install_failed',
      'The approval was received and is safe, but our database is not reachable. The connection appears by itself as soon as it is; there is no need to install again.',
    );
  }

  private async waitForClaim(installed: InstalledTokens): Promise<void> {
    const giveUp = performance.now() + leaseMs(this.policy);
    for (;;) {
      const [row] = await connectionsWhere(this.database, ACCOUNT, keyOf(installed));
      if (row === undefined) return;
      const claimed = row.claim_until !== null && row.claim_until > row.db_now;
      if (!claimed || performance.now() > giveUp) return;
      await wait(100);
    }
  }

  private async isStored(installed: InstalledTokens): Promise<boolean> {
    const [row] = await this.database.read(
      `SELECT attempt_id FROM flock_connection WHERE ${ACCOUNT}`,
      keyOf(installed),
    );
    return row?.attempt_id === installed.attemptId;
  }

  /** @throws FlockError `connection_owned_elsewhere` */
  private async save(
    installed: InstalledTokens,
    rescued = false,
  ): Promise<'saved' | 'leave' | 'obsolete'> {
    return this.ledger.change(async (transaction, note) => {
      const { account } = installed;
      // Two grants of one merchant at once: the later one supersedes the earlier.
      await transaction.lock(
        [
          installed.provider,
          installed.app,
          account.environment,
          account.merchant ?? account.account,
        ].join('/'),
      );
      const existing = await this.existing(transaction, installed);
      const plan = planOf(
        existing,
        installed,
        rescued ? { superseded: await this.isSuperseded(transaction, installed) } : undefined,
      );
      if (plan.kind === 'refuse') throw ownedElsewhere();
      if (plan.kind === 'leave' || plan.kind === 'obsolete') return plan.kind;
      const id = existing?.id ?? randomUUID();
      if (plan.kind === 'create') await this.insert(transaction, id, installed);
      else await this.replace(transaction, id, installed, plan.endsSessions);
      await this.supersede(transaction, note, id, installed);
      const { actor, action = 'install', attemptId, owner = null } = installed;
      const { outcome } = plan;
      await note(
        { ...keyOf(installed), id, owner, generation: (existing?.generation ?? 0) + 1 },
        { event: 'connected', reason: outcome, trail: { actor, action, outcome, attemptId } },
      );
      if (plan.kind === 'replace' && plan.transferFrom !== undefined) {
        await this.audit.record(transaction, {
          actor,
          action: 'transfer',
          outcome: 'permitted',
          reason: `from ${plan.transferFrom}`.slice(0, 190),
          ...keyOf(installed),
          connectionId: id,
          ...(owner !== null && { owner }),
        });
      }
      return 'saved';
    });
  }

  /** By a later install of its kind, since the exchange. */
  private async isSuperseded(
    transaction: Transaction,
    installed: InstalledTokens,
  ): Promise<boolean> {
    const { exchangedAt: since, account } = installed;
    if (since === undefined || account.supersedeKey === undefined) return false;
    const newer = await transaction.first(
      `SELECT id FROM flock_connection WHERE provider = :provider AND app = :app
         AND environment = :environment AND merchant = :merchant AND supersede_key = :key
         AND account <> :account AND installed_at > :since`,
      {
        ...keyOf(installed),
        merchant: account.merchant ?? null,
        key: account.supersedeKey,
        since: Math.floor(since),
      },
    );
    return newer !== undefined;
  }

  private async existing(
    transaction: Transaction,
    installed: InstalledTokens,
  ): Promise<ConnectionRow | undefined> {
    const lock = this.database.dialect.singleConnection ? '' : ' FOR UPDATE';
    return (await connectionsWhere(transaction, ACCOUNT + lock, keyOf(installed)))[0];
  }

  private async insert(
    transaction: Transaction,
    id: string,
    installed: InstalledTokens,
  ): Promise<void> {
    await transaction.execute(
      `INSERT INTO flock_connection (id, provider, app, environment, account, merchant, install, owner,
         supersede_key, scopes, status, token_version, token_set, attempt_id, installed_at, refreshed_at,
         expires_at, due_at, provider_time, changed_at)
       VALUES (:id, :provider, :app, :environment, :account, :merchant, :install, :owner,
         :supersede_key, :scopes, 'active', 1, :token_set, :attempt, {now}, {now},
         :expires_at, :due_at, :provider_time, {now})`,
      { ...keyOf(installed), ...this.values(id, installed) },
    );
  }

  /** A new generation: what an older one still has in flight can no longer write here. */
  private async replace(
    transaction: Transaction,
    id: string,
    installed: InstalledTokens,
    endsSessions: boolean,
  ): Promise<void> {
    await transaction.execute(
      `UPDATE flock_connection SET merchant = :merchant, install = :install, owner = :owner,
         supersede_key = :supersede_key, scopes = :scopes, status = 'active', status_reason = NULL,
         generation = generation + 1, session_epoch = session_epoch + :epoch,
         token_version = token_version + 1, token_set = :token_set, attempt_id = :attempt, installed_at = {now}, refreshed_at = {now}, expires_at = :expires_at,
         due_at = :due_at, provider_time = :provider_time, scopes_at = NULL, ${NO_CLAIM}, unknown_outcomes = 0, failures = 0, failure = NULL, retry_at = NULL,
         changed_at = {now}
       WHERE id = :id`,
      { ...this.values(id, installed), epoch: endsSessions ? 1 : 0 },
    );
  }

  private async supersede(
    transaction: Transaction,
    note: NoteChange,
    id: string,
    installed: InstalledTokens,
  ): Promise<void> {
    const key = installed.account.supersedeKey;
    if (key === undefined) return;
    const merchant = installed.account.merchant ?? null;
    const parameters = { ...keyOf(installed), merchant, key, id };
    const rows = await connectionsWhere(
      transaction,
      `provider = :provider AND app = :app AND environment = :environment
         AND merchant = :merchant AND supersede_key = :key AND id <> :id AND status <> 'revoked'`,
      parameters,
    );
    for (const row of rows) {
      if (!mayTake(row, installed)) throw ownedElsewhere();
      const { generation } = row;
      await transaction.apply(END, { id: row.id, generation, reason: 'superseded' });
      await note(row, {
        event: 'revoked',
        reason: 'superseded',
        trail: {
          actor: installed.actor,
          action: 'supersede',
          outcome: 'revoked',
          reason: `by ${id}`,
        },
      });
    }
  }

  private values(id: string, installed: InstalledTokens) {
    return {
      id,
      merchant: installed.account.merchant ?? null,
      install: installed.account.install ?? null,
      owner: installed.owner ?? null,
      supersede_key: installed.account.supersedeKey ?? null,
      scopes: installed.scopes,
      token_set: this.sealing.seal(tokenSetPlace(id), writeTokenSet(installed.tokens)),
      attempt: installed.attemptId,
      expires_at: installed.expiresAt,
      due_at: installed.dueAt,
      provider_time: installed.providerTime ?? null,
    };
  }
}

const rescuePlace = (attemptId: string) => ({ table: 'rescue', row: attemptId, column: 'install' });

const keyOf = ({ provider, app, account }: InstalledTokens) => ({
  provider,
  app,
  environment: account.environment,
  account: account.account,
});

const ownedElsewhere = (): FlockError =>
  new FlockError(
    'connection_owned_elsewhere',
    'This account is already connected for somebody else. Disconnect it there first.',
  );
