import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as wait } from 'node:timers/promises';
import { CONNECTION_COLUMNS, readConnectionRow } from '../connections/connection.row.js';
import type { ConnectionRow } from '../connections/connection.row.js';
import { Database } from '../database/database.js';
import { ProviderRegistry } from '../providers/provider.registry.js';
import type { RegisteredApp } from '../providers/registered-app.js';
import { FlockMetrics } from '../telemetry/flock.metrics.js';
import { CircuitService } from './circuit.service.js';
import type { Circuit } from './circuit.service.js';
import type { ClaimedRow } from './claimed-row.js';
import { RefreshPolicyHolder } from './refresh-policy.holder.js';
import { leaseMs } from './refresh-policy.js';
import { RefreshService } from './refresh.service.js';
import { RELEASE_CLAIM } from './refresh.statements.js';
import { RenewalRequests } from './renewal-request.js';

/** One environment of one app. */
interface Place {
  readonly app: RegisteredApp;
  readonly environment: string;
  readonly key: string;
}

/** Renewals under way at once, of each app and environment. */
const CONCURRENCY = 16;
/** The remembered lower bound is dropped so often, so that rows made due earlier are found. */
const FULL_SCAN_EVERY = 30;

/**
 * Renews what is due, app by app: claims no more rows than it has free slots, straight from the
 * index, and goes on until nothing is due. Its cost follows what is due, not what is stored.
 */
@Injectable()
export class RefreshScheduler {
  private readonly logger = new Logger('NestFlock');
  private readonly running = new Map<string, number>();
  /** Nothing below was due at the last look; skips dead index entries. */
  private readonly bounds = new Map<string, number>();
  private readonly draining = new Map<string, Promise<void>>();
  private ticks = 0;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly registry: ProviderRegistry,
    private readonly refreshes: RefreshService,
    private readonly circuits: CircuitService,
    private readonly requests: RenewalRequests,
    private readonly holder: RefreshPolicyHolder,
    private readonly metrics: FlockMetrics,
  ) {}

  /** Starts a pass over every app and environment whose last one has ended; a slow provider holds up only itself. */
  async tick(): Promise<void> {
    if (this.stopped) return;
    if (this.ticks % FULL_SCAN_EVERY === 0) this.bounds.clear();
    this.ticks += 1;
    for (const place of this.places()) {
      const { key } = place;
      if (this.draining.has(key)) continue;
      const drained = this.drain(place)
        .catch((error: unknown) => {
          this.logger.warn(
            `The scheduler could not look for due renewals of ${key} (${(error as Error).name}).`,
          );
        })
        .finally(() => this.draining.delete(key));
      this.draining.set(key, drained);
    }
    await this.measureBacklog().catch(() => undefined);
  }

  /** Environments have hosts and credentials of their own, so each is drained by itself. */
  private places(): Place[] {
    const renewing = this.registry.list().filter((app) => app.definition.tokenPerUse !== true);
    return renewing.flatMap((app) =>
      app.definition.environments.map((environment) => ({
        app,
        environment,
        key: `${app.provider}/${app.name}/${environment}`,
      })),
    );
  }

  /** Claims nothing more and waits for what is in flight. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.draining.values());
    await this.refreshes.settled();
  }

  private async drain(place: Place): Promise<void> {
    const { key } = place;
    while (!this.stopped) {
      const free = CONCURRENCY - (this.running.get(key) ?? 0);
      if (free === 0) {
        await wait(20);
        continue;
      }
      let claimed = await this.claimDue(place, free, false);
      if (claimed.length === 0 && (await this.mayProbe(place))) {
        claimed = await this.claimDue(place, 1, true);
      }
      for (const one of claimed) this.start(key, one);
      if (claimed.length < free) return;
    }
  }

  /** Something is stopped and this process got the right to the one probe. */
  private async mayProbe(place: Place): Promise<boolean> {
    if (this.circuits.openCount() === 0) return false;
    const { endpoint, credential } = await this.circuitsOf(place);
    const open = await this.circuits.openAmong(
      [endpoint, credential].filter((circuit) => circuit !== undefined),
    );
    if (open === undefined || !(await this.hasDue(place))) return false;
    const { app, environment } = place;
    if (
      open.kind === 'credential' &&
      (await this.requests.isReplaced(app, { environment }, open))
    ) {
      // The next pass claims with the new one.
      return false;
    }
    return this.circuits.takeProbe(open);
  }

  private async hasDue({ app, environment }: Place): Promise<boolean> {
    const rows = await this.database.read(
      `SELECT id FROM flock_connection WHERE due_at <= (SELECT {now}) AND provider = :provider AND app = :app
         AND environment = :environment AND status = 'active' LIMIT 1`,
      { provider: app.provider, app: app.name, environment },
    );
    return rows.length > 0;
  }

  /** Those of the environment itself; accounts with a credential of their own are seen to one by one. */
  private async circuitsOf({ app, environment }: Place) {
    const endpoint = this.endpointOf(app, environment);
    if (endpoint === undefined || !app.hasCredential({ environment })) return { endpoint };
    // Without the secret of the usual account the others still renew.
    const client = await app.credential({ environment }).catch(() => undefined);
    if (client === undefined) return { endpoint };
    const credential = this.requests.credentialCircuit(app, { environment }, client);
    return { endpoint, credential };
  }

  /** Where every account has a server of its own, an environment has no endpoint. */
  private endpointOf(app: RegisteredApp, environment: string): Circuit | undefined {
    try {
      return this.requests.endpointCircuit(app, { environment });
    } catch {
      return undefined;
    }
  }

  private start(key: string, claimed: ClaimedRow): void {
    this.running.set(key, (this.running.get(key) ?? 0) + 1);
    const work = this.stopped
      ? this.database.write(RELEASE_CLAIM, { id: claimed.row.id, attempt: claimed.attemptId })
      : this.refreshes.resume(claimed);
    void Promise.resolve(work)
      // Recorded in the row and the metrics; a caller who needs the token gets the error.
      .catch(() => undefined)
      .finally(() => this.running.set(key, (this.running.get(key) ?? 1) - 1));
  }

  /** The same claim as a caller's, for many rows at once; see the CLAIM statement. */
  private async claimDue(place: Place, limit: number, probe: boolean): Promise<ClaimedRow[]> {
    const { policy } = this.holder;
    const { app, environment, key } = place;
    const { endpoint, credential } = await this.circuitsOf(place);
    const rows = await this.database.run(async (transaction) => {
      const { rows: found } = await transaction.execute(
        `UPDATE flock_connection SET
           unknown_outcomes = unknown_outcomes + CASE WHEN :rotating = 1 AND claim_id IS NOT NULL
             AND claim_version = token_version THEN 1 ELSE 0 END,
           claim_id = ${this.database.dialect.randomId}, claim_owner = :owner, claim_until = {now} + :lease,
           claim_version = token_version
         WHERE id IN (SELECT id FROM flock_connection
           WHERE due_at <= (SELECT {now}) AND due_at >= :bound AND provider = :provider AND app = :app
             AND environment = :environment AND status = 'active' AND (claim_id IS NULL OR claim_until + :grace <= {now})
             AND (retry_at IS NULL OR retry_at <= {now})
             AND (:probe = 1 OR NOT EXISTS (SELECT 1 FROM flock_circuit WHERE is_open = 1
               AND (:rotating = 1
                 OR (flock_connection.credential IS NULL AND flock_connection.account = 'default'))
               AND flock_circuit.id IN (:endpoint, :credential)))
           ORDER BY due_at LIMIT ${limit} ${this.database.dialect.skipLocked})
         RETURNING ${CONNECTION_COLUMNS.join(', ')}, {now} AS db_now`,
        {
          owner: this.refreshes.owner,
          lease: leaseMs(policy),
          grace: app.needsPerson ? policy.rescueGraceMs : 0,
          rotating: app.needsPerson ? 1 : 0,
          bound: this.bounds.get(key) ?? 0,
          provider: app.provider,
          app: app.name,
          environment,
          endpoint: endpoint?.id ?? '',
          credential: credential?.id ?? '',
          probe: probe ? 1 : 0,
        },
      );
      return found.map(readConnectionRow);
    });
    if (rows.length > 0 && rows.length < limit) this.raiseBound(key, rows);
    const receivedAt = performance.now();
    return Promise.all(
      rows.map((row) =>
        // Each row has its own attempt: results are kept and compared by it.
        this.refreshes.claimed(app, row, { attemptId: row.claim_id as string, receivedAt }),
      ),
    );
  }

  /** Everything below was claimed; a little slack covers rows that were locked or commit late. */
  private raiseBound(key: string, rows: readonly ConnectionRow[]): void {
    const now = rows[0]?.db_now;
    if (now !== undefined) this.bounds.set(key, now - 60_000);
  }

  private async measureBacklog(): Promise<void> {
    const [row] = await this.database.read(
      `SELECT MIN(due_at) AS due, {now} AS db_now FROM flock_connection
       WHERE due_at IS NOT NULL AND status = 'active'`,
    );
    const due = row?.due === null || row?.due === undefined ? undefined : Number(row.due);
    this.metrics.backlog(due === undefined ? 0 : Math.max(0, (Number(row?.db_now) - due) / 1_000));
  }
}
