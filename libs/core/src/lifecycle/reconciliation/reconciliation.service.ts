import { Injectable, Logger } from '@nestjs/common';
import { AuditService } from '../../foundation/audit/audit.service.js';
import type { ConnectionRow } from '../../connection/connection.row.js';
import { Database } from '../../foundation/database/database.js';
import { FlockError } from '../../foundation/errors/flock.error.js';
import { ConnectionWithdrawal } from '../connection-withdrawal.js';
import { FlockMetrics } from '../../foundation/telemetry/flock.metrics.js';
import { JobStore } from './job.store.js';
import type { ClaimedJob } from './job.store.js';
import type { ReconcileSource, RemoteInstall } from './reconcile-source.js';

/** Two answers that an install is not there count only so far apart. */
const MISSING_TWICE_MS = 600_000;
/** More than this many, and more than this share, is a fault of somebody rather than of merchants. */
const MOST = 5;
const MOST_SHARE = 0.02;
/** Installs that are read by id in one pass; the rest waits for the next. */
const READS = 500;
const LOCAL_PAGE = 500;
const LEASE_MS = 120_000;
/** A pass that failed is made again so soon, if the schedule is slower. */
const RETRY_MS = 300_000;
/** Pages of one list; beyond that it does not end. */
const MOST_PAGES = 100_000;

export interface ReconcileReport {
  /** `stopped`: too many would have been revoked, so nobody was. `failed`: the provider gave no answer. */
  readonly outcome: 'finished' | 'stopped' | 'failed';
  /** Active connections that were compared. */
  readonly compared: number;
  /** Installs that were looked at one by one. */
  readonly read: number;
  /** Ended here; with `stopped`, those that would have been. */
  readonly revoked: readonly string[];
}

interface State {
  /** When the provider first said that an install is not there. */
  readonly missing: Readonly<Record<string, number>>;
  /** The last connection that was compared, where a pass ended before all were. */
  readonly after?: string;
  readonly last?: Omit<ReconcileReport, 'revoked'> & { readonly at: number; revoked: number };
}

/** One pass, under its claim. */
interface Pass {
  readonly job: ClaimedJob;
  readonly before: State;
  readonly missing: Record<string, number>;
  readonly acknowledged: number;
  /** `performance.now()` of the last extension of the claim. */
  keptAt: number;
}

/** As much of a connection as a comparison needs; a million of them may be looked at. */
type LocalRow = Pick<
  ConnectionRow,
  'id' | 'provider' | 'app' | 'environment' | 'account' | 'owner' | 'generation'
> & { readonly install: string };

/**
 * Compares our connections with the provider's installs, where no webhook tells of their end. That
 * an install is not in a list never means anything; only what is said of it by its id does.
 */
@Injectable()
export class Reconciliation {
  private readonly logger = new Logger('NestFlock');
  private readonly sources = new Map<string, ReconcileSource>();
  private running: Promise<unknown> | undefined;

  constructor(
    private readonly database: Database,
    private readonly jobs: JobStore,
    private readonly withdrawal: ConnectionWithdrawal,
    private readonly audit: AuditService,
    private readonly metrics: FlockMetrics,
  ) {}

  add(source: ReconcileSource): void {
    this.sources.set(keyOf(source), source);
  }

  /** Whatever is due, one after the other. */
  async tick(): Promise<void> {
    this.running ??= this.runDue().finally(() => (this.running = undefined));
    await this.running;
  }

  async settled(): Promise<void> {
    await this.running?.catch(() => undefined);
  }

  /**
   * One pass now. `acknowledge`: a person has looked at a pass that was stopped, and this many may be
   * revoked.
   * @throws FlockError `unknown_provider` without such a source, `too_many_requests` while another
   * instance is at it
   */
  async run(
    of: { readonly provider: string; readonly app?: string },
    options: { readonly acknowledge?: number } = {},
  ): Promise<ReconcileReport> {
    const source = this.sources.get(keyOf({ ...of, app: of.app ?? of.provider }));
    if (source === undefined) {
      throw new FlockError('unknown_provider', `Nothing is reconciled for ${of.provider}.`);
    }
    const job = await this.jobs.claim(keyOf(source), LEASE_MS, true);
    if (job !== undefined) return this.pass(source, job, options.acknowledge ?? 0);
    throw new FlockError('too_many_requests', 'Another instance is reconciling this app now.');
  }

  private async runDue(): Promise<void> {
    for (const source of this.sources.values()) {
      const job = await this.jobs.claim(keyOf(source), LEASE_MS);
      if (job !== undefined) await this.pass(source, job, 0);
    }
  }

  private async pass(
    source: ReconcileSource,
    job: ClaimedJob,
    acknowledged: number,
  ): Promise<ReconcileReport> {
    const before = readState(job.state);
    const missing: Record<string, number> = {};
    const every = source.everySeconds * 1_000;
    try {
      const pass = { job, before, missing, acknowledged, keptAt: performance.now() };
      const { after, ...report } = await this.compare(source, pass);
      const { revoked, ...rest } = report;
      const last = { ...rest, revoked: revoked.length, at: job.now };
      // Whoever is missing for the first time is looked at again as soon as that may count.
      const again = Object.keys(missing).length > 0 ? MISSING_TWICE_MS + 1_000 : Infinity;
      const state = { missing, last, ...(after !== undefined && { after }) };
      await this.jobs.finish(job, Math.min(every, again), state);
      this.metrics.reconciled(source.provider, report.outcome);
      return report;
    } catch {
      this.logger.warn(
        `The installs of ${keyOf(source)} could not be compared; nothing was changed, and it is tried again.`,
      );
      this.metrics.reconciled(source.provider, 'failed');
      await this.jobs.finish(job, Math.min(every, RETRY_MS), before);
      return { outcome: 'failed', compared: 0, read: 0, revoked: [] };
    }
  }

  private async compare(
    source: ReconcileSource,
    pass: Pass,
  ): Promise<ReconcileReport & { after?: string }> {
    const compared = await this.count(source);
    const living = await this.living(source, pass);
    const { suspects, after } = await this.suspects(source, living, pass);
    const ended: LocalRow[] = [];
    for (const [install, rows] of suspects) {
      const found = await source.read(install);
      await this.keep(pass);
      if (found !== undefined) ended.push(...rows.filter((row) => isEnded(found, row)));
      else if (await this.isGone(source, install, pass)) ended.push(...rows);
    }
    const report = {
      compared,
      read: suspects.size,
      revoked: ended.map(({ id }) => id),
      ...(after !== undefined && { after }),
    };
    const share = compared === 0 ? 0 : ended.length / compared;
    if (ended.length > Math.max(MOST, pass.acknowledged) && share > MOST_SHARE) {
      await this.stop(source, ended.length, compared);
      return { ...report, outcome: 'stopped' };
    }
    for (const row of ended) {
      await this.withdrawal.run(row, 'reconciled');
      delete pass.missing[row.install];
    }
    return { ...report, outcome: 'finished' };
  }

  private async count({ provider, app }: ReconcileSource): Promise<number> {
    const [row] = await this.database.read(
      `SELECT COUNT(*) AS number FROM flock_connection
       WHERE provider = :provider AND app = :app AND status = 'active' AND install IS NOT NULL`,
      { provider, app },
    );
    return Number(row?.number);
  }

  /** The accounts that the list shows as living. */
  private async living(source: ReconcileSource, pass: Pass): Promise<Set<string>> {
    const living = new Set<string>();
    let after: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const { installs, next } = await source.list(after);
      for (const { status, grants } of installs) {
        if (status === 'revoked') continue;
        for (const grant of grants) if (grant.status !== 'revoked') living.add(grant.account);
      }
      if (next === undefined || next === '') return living;
      if (next === after) break;
      after = next;
      await this.keep(pass);
    }
    throw new Error('the list of installs does not end');
  }

  /**
   * Our active connections that the list does not show as living, by install: as many as one pass
   * reads. The next goes on after the last, so that nobody waits for ever behind others.
   */
  private async suspects(source: ReconcileSource, living: ReadonlySet<string>, pass: Pass) {
    const suspects = new Map<string, LocalRow[]>();
    let after = pass.before.after ?? '';
    for (;;) {
      const rows = await this.page(source, after);
      for (const row of rows) {
        after = row.id;
        if (living.has(row.account)) continue;
        suspects.set(row.install, [...(suspects.get(row.install) ?? []), row]);
        if (suspects.size >= READS) return { suspects, after };
      }
      if (rows.length < LOCAL_PAGE) return { suspects };
      await this.keep(pass);
    }
  }

  private async page({ provider, app }: ReconcileSource, after: string): Promise<LocalRow[]> {
    const rows = await this.database.read(
      `SELECT id, provider, app, environment, account, install, owner, generation
       FROM flock_connection
       WHERE provider = :provider AND app = :app AND status = 'active' AND install IS NOT NULL
         AND id > :after ORDER BY id LIMIT ${LOCAL_PAGE}`,
      { provider, app, after },
    );
    return rows.map((row) => ({ ...row, generation: Number(row.generation) }) as LocalRow);
  }

  /** The provider has said twice, ten minutes apart, that an app that it knows has no such install. */
  private async isGone(
    source: ReconcileSource,
    install: string,
    { job, before, missing }: Pass,
  ): Promise<boolean> {
    await source.assertReadable();
    const first = before.missing[install] ?? job.now;
    // Kept until it is ended: a pass that stops must not forget what it has seen.
    missing[install] = first;
    return job.now - first >= MISSING_TWICE_MS;
  }

  private async stop(source: ReconcileSource, revoked: number, compared: number): Promise<void> {
    this.logger.error(
      `${keyOf(source)}: ${revoked} of ${compared} connections look revoked at the provider. That is too many to believe: nobody was revoked. Look at them, then call Reconciliation.run with acknowledge.`,
    );
    await this.audit.note({
      actor: 'scheduler',
      action: 'reconcile',
      outcome: 'stopped',
      reason: `${revoked} of ${compared} look revoked`,
      provider: source.provider,
      app: source.app,
    });
  }

  private async keep(pass: Pass): Promise<void> {
    if (performance.now() - pass.keptAt < LEASE_MS / 6) return;
    pass.keptAt = performance.now();
    if (!(await this.jobs.extend(pass.job, LEASE_MS))) throw new Error('another instance is at it');
  }
}

const keyOf = ({ provider, app }: { provider: string; app: string }): string =>
  `reconcile/${provider}/${app}`;

const isEnded = ({ status, grants }: RemoteInstall, { account }: LocalRow): boolean =>
  status === 'revoked' ||
  grants.some((grant) => grant.account === account && grant.status === 'revoked');

function readState(value: unknown): State {
  const { missing, after } = (value ?? {}) as Partial<State>;
  const known = typeof missing === 'object' && missing !== null ? missing : {};
  return { missing: known, ...(typeof after === 'string' && { after }) };
}
