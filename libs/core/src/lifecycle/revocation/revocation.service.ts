import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../../foundation/audit/audit.service.js';
import { WHOLE_CONNECTION } from '../../connection/connection-rows.js';
import { readConnectionRow, toConnection } from '../../connection/connection.row.js';
import type { ConnectionRow } from '../../connection/connection.row.js';
import { resolveSecret } from '../../foundation/configuration/resolve-secret.js';
import { setTimeout as wait } from 'node:timers/promises';
import type { Connection } from '../../provider/connection.js';
import { Database } from '../../foundation/database/database.js';
import { Deployment, OURS } from '../../foundation/deployment/deployment.js';
import { TokenTransport } from '../../foundation/http/token-transport.js';
import { withoutSlash } from '../../foundation/configuration/variable.js';
import { ProviderRegistry } from '../../provider/provider.registry.js';
import type { Withdrawal } from '../../provider/provider-definition.js';
import type { RegisteredApp } from '../../provider/registered-app.js';
import { RENEWAL_POLICY, backoffMs, leaseMs } from '../../token/endpoint/renewal-policy.js';
import type { RenewalPolicy } from '../../token/endpoint/renewal-policy.js';
import { placeOf, reachOf, RenewalRequests } from '../../token/endpoint/renewal-request.js';
import { isRevoked, revocationRequests } from './revocation-request.js';
import { FINISH_REVOCATION, POSTPONE_REVOCATION } from './revocation.statements.js';

/** Rows of one pass. */
const BATCH = 16;
/** What a revocation needs is kept no longer than this. */
const GIVE_UP_MS = 7 * 86_400_000;

type Outcome = 'revoked' | 'failed' | 'unreadable';

/** How a provider is told: by its tokens (RFC 7009), by a route of its own, or not at all. */
export type RevocationWay = 'none' | 'token' | 'withdrawal';

/** Serializes "an exchange is under way" and "a revocation is in flight". */
const LOCK = 'nest-flock/revocation';
/** An exchange that has not ended by then died with its process. */
const EXCHANGE_MS = 60_000;

/**
 * Ends tokens at the provider after a connection was ended here (RFC 7009). The connection is out at
 * once; the provider is told as soon as it answers, by whichever instance comes first.
 */
@Injectable()
export class RevocationService {
  private running: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly registry: ProviderRegistry,
    private readonly requests: RenewalRequests,
    private readonly audit: AuditService,
    @Inject(RENEWAL_POLICY) private readonly policy: RenewalPolicy,
    private readonly deployment: Deployment,
    @Inject(TokenTransport) private readonly transport: TokenTransport,
  ) {}

  /** What follows a disconnect of this connection. */
  wayOf(
    app: RegisteredApp | undefined,
    { connection, row }: { connection: Connection; row: Parameters<typeof placeOf>[1] },
  ): RevocationWay {
    if (app === undefined) return 'none';
    try {
      if (app.endpoints(placeOf(app, row)).revocation !== undefined) return 'token';
    } catch {
      // An account that cannot be located was never given a token.
      return 'none';
    }
    return app.withdrawal(connection) === undefined ? 'none' : 'withdrawal';
  }

  /**
   * Before a code is exchanged: a revocation that is in flight might end what the exchange begins.
   * None starts while the attempt is consumed and has no outcome yet; what waits is cancelled by the
   * new connection.
   */
  async idle(app: RegisteredApp): Promise<void> {
    const giveUp = performance.now() + 2 * leaseMs(this.policy);
    while (performance.now() < giveUp) {
      const busy = await this.database.run(async (transaction) => {
        await transaction.lock(LOCK);
        return transaction.first(
          `SELECT id FROM flock_connection WHERE provider = :provider AND app = :app
             AND status = 'revoked' AND due_at IS NOT NULL AND claim_until > {now} LIMIT 1`,
          { provider: app.provider, app: app.name },
        );
      });
      if (busy === undefined) return;
      await wait(100);
    }
  }

  /** One pass over what is due; a pass under way is joined. */
  run(): Promise<void> {
    if (!this.deployment.isOurs) return Promise.resolve();
    this.running ??= this.pass().finally(() => (this.running = undefined));
    return this.running;
  }

  /** Waits for the pass under way. */
  async settled(): Promise<void> {
    await this.running?.catch(() => undefined);
  }

  private async pass(): Promise<void> {
    for (;;) {
      const rows = await this.claim();
      await Promise.all(rows.map((row) => this.revoke(row)));
      if (rows.length < BATCH) return;
    }
  }

  private claim(): Promise<ConnectionRow[]> {
    const { randomId } = this.database.dialect;
    return this.database.run(async (transaction) => {
      await transaction.lock(LOCK);
      const rows = await transaction.updatePicked(
        {
          table: 'flock_connection',
          set: `claim_id = ${randomId}, claim_until = {now} + :lease`,
          pick: `SELECT id FROM flock_connection
           WHERE due_at <= (SELECT {now}) AND status = 'revoked'
             AND (claim_id IS NULL OR claim_until <= {now}) AND ${OURS}
             AND NOT EXISTS (SELECT 1 FROM flock_authorization_request pending
               WHERE pending.expires_at > (SELECT {now}) - ${EXCHANGE_MS}
                 AND pending.consumed_at > {now} - ${EXCHANGE_MS} AND pending.outcome IS NULL
                 AND pending.provider = flock_connection.provider
                 AND pending.app = flock_connection.app)
           ORDER BY due_at LIMIT ${BATCH}`,
          returning: WHOLE_CONNECTION,
        },
        { lease: 2 * leaseMs(this.policy), deployment: this.deployment.name },
      );
      return rows.map(readConnectionRow);
    });
  }

  private async revoke(row: ConnectionRow): Promise<void> {
    const app = this.registry.find(row.provider, row.app);
    const outcome = app === undefined ? 'failed' : await this.send(app, row);
    const attempt = row.claim_id as string;
    const tooOld = row.db_now - row.changed_at > GIVE_UP_MS;
    if (outcome === 'failed' && !tooOld) {
      const delay = backoffMs(this.policy, row.failures);
      await this.database.write(POSTPONE_REVOCATION, { id: row.id, attempt, delay });
      return;
    }
    if ((await this.database.write(FINISH_REVOCATION, { id: row.id, attempt })) === undefined)
      return;
    await this.audit.note({
      actor: 'scheduler',
      action: 'revoke',
      outcome: outcome === 'revoked' ? 'revoked' : 'abandoned',
      ...(outcome !== 'revoked' && { reason: outcome }),
      provider: row.provider,
      app: row.app,
      environment: row.environment,
      connectionId: row.id,
    });
  }

  private async send(app: RegisteredApp, row: ConnectionRow): Promise<Outcome> {
    try {
      const withdrawal = row.token_set === null ? app.withdrawal(toConnection(row)) : undefined;
      if (withdrawal !== undefined) return await this.withdraw(app, row, withdrawal);
      const { revocation } = app.endpoints(placeOf(app, row));
      const { tokens } = this.requests.open(row);
      if (tokens === undefined || revocation === undefined) return 'unreadable';
      const client = await this.requests.client(app, row);
      for (const request of revocationRequests(revocation, tokens, client, app.dialect)) {
        const response = await this.transport.send(
          { ...request, ...reachOf(row) },
          this.policy.httpTimeoutMs,
        );
        if (!isRevoked(response)) return 'failed';
      }
      return 'revoked';
    } catch {
      // A key or a credential that is not there now may be there later.
      return 'failed';
    }
  }

  /** The host's own credential says that this grant is over. */
  private async withdraw(
    app: RegisteredApp,
    row: ConnectionRow,
    { path, credential }: Withdrawal,
  ): Promise<Outcome> {
    const secret = await resolveSecret(credential, `the developer credential of ${app.provider}`);
    const response = await this.transport.send(
      {
        url: `${withoutSlash(app.endpoints(placeOf(app, row)).api)}${path}`,
        method: 'POST',
        headers: { authorization: `Bearer ${secret}`, accept: 'application/json' },
        body: '',
        ...reachOf(row),
      },
      this.policy.httpTimeoutMs,
    );
    if (response.kind !== 'answered') return 'failed';
    const { status } = response;
    // What is not there any more is over, too.
    return (status >= 200 && status < 300) || status === 404 || status === 410
      ? 'revoked'
      : 'failed';
  }
}
