import { Injectable, Logger } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { CONNECTION_COLUMNS, readConnectionRow } from '../connections/connection.row.js';
import type { ConnectionRow } from '../connections/connection.row.js';
import { Database } from '../database/database.js';
import { FlockError } from '../errors/flock.error.js';
import { ConnectionWithdrawal } from '../lifecycle/connection-withdrawal.js';
import { FlockMetrics } from '../telemetry/flock.metrics.js';
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
  readonly last?: Omit<ReconcileReport, 'revoked'> & { readonly at: number; revoked: number };
}

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
      const report = await this.compare(source, { job, before, missing, acknowledged });
      const { revoked, ...rest } = report;
      const last = { ...rest, revoked: revoked.length, at: job.now };
      // Whoever is missing for the first time is looked at again as soon as that may count.
      const again = Object.keys(missing).length > 0 ? MISSING_TWICE_MS + 1_000 : Infinity;
      await this.jobs.finish(job, Math.min(every, again), { missing, last });
      this.metrics.reconciled(source.provider, report.outcome);
      return report;
    } catch {
      this.logger.warn(
        `The installs of ${keyOf(source)} could not be compared; nothing was changed, and it is tried again.`,
      );
      this.metrics.reconciled(source.provider, 'failed');
      await this.jobs.finish(job, Math.min(every, RETRY_MS), {
        ...before,
        missing: before.missing,
      });
      return { outcome: 'failed', compared: 0, read: 0, revoked: [] };
    }
  }

  private async compare(
    source: ReconcileSource,
    pass: {
      job: ClaimedJob;
      before: State;
      missing: Record<string, number>;
      acknowledged: number;
    },
  ): Promise<ReconcileReport> {
    const listed = await this.listed(source, pass.job);
    const { suspects, compared } = await this.suspects(source, listed);
    const ended: ConnectionRow[] = [];
    let read = 0;
    for (const [install, rows] of [...suspects].slice(0, READS)) {
      const found = await source.read(install);
      read += 1;
      if (read % 20 === 0) await this.keep(pass.job);
      if (found !== undefined) ended.push(...rows.filter((row) => isEnded(found, row)));
      else if (await this.isGone(source, install, pass)) ended.push(...rows);
    }
    const report = { compared, read, revoked: ended.map(({ id }) => id) };
    const share = compared === 0 ? 0 : ended.length / compared;
    if (ended.length > Math.max(MOST, pass.acknowledged) && share > MOST_SHARE) {
      await this.stop(source, ended.length, compared);
      return { ...report, outcome: 'stopped' };
    }
    for (const row of ended) await this.withdrawal.run(row, 'reconciled');
    return { ...report, outcome: 'finished' };
  }

  /** Every install of the provider that is not known to have ended, with its living accounts. */
  private async listed(
    source: ReconcileSource,
    job: ClaimedJob,
  ): Promise<Map<string, Set<string>>> {
    const listed = new Map<string, Set<string>>();
    let after: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const { installs, next } = await source.list(after);
      for (const { install, status, grants } of installs) {
        if (status === 'revoked') continue;
        const living = grants.filter((grant) => grant.status !== 'revoked');
        listed.set(install, new Set(living.map(({ account }) => account)));
      }
      if (next === undefined || next === '') return listed;
      if (next === after) break;
      after = next;
      await this.keep(job);
    }
    throw new Error('the list of installs does not end');
  }

  /** Our active connections whose install, or whose grant, the list does not show as living. */
  private async suspects(source: ReconcileSource, listed: ReadonlyMap<string, Set<string>>) {
    const suspects = new Map<string, ConnectionRow[]>();
    let compared = 0;
    let after = '';
    for (;;) {
      const page = await this.database.read(
        `SELECT ${CONNECTION_COLUMNS.join(', ')}, {now} AS db_now FROM flock_connection
         WHERE provider = :provider AND app = :app AND status = 'active' AND install IS NOT NULL
           AND id > :after ORDER BY id LIMIT ${LOCAL_PAGE}`,
        { provider: source.provider, app: source.app, after },
      );
      const rows = page.map(readConnectionRow);
      compared += rows.length;
      for (const row of rows) {
        const install = row.install as string;
        if (listed.get(install)?.has(row.account) === true) continue;
        suspects.set(install, [...(suspects.get(install) ?? []), row]);
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < LOCAL_PAGE) return { suspects, compared };
      after = last.id;
    }
  }

  /** The provider has said twice, ten minutes apart, that an app that it knows has no such install. */
  private async isGone(
    source: ReconcileSource,
    install: string,
    { job, before, missing }: { job: ClaimedJob; before: State; missing: Record<string, number> },
  ): Promise<boolean> {
    await source.assertReadable();
    const first = before.missing[install];
    if (first !== undefined && job.now - first >= MISSING_TWICE_MS) return true;
    missing[install] = first ?? job.now;
    return false;
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

  private async keep(job: ClaimedJob): Promise<void> {
    if (!(await this.jobs.extend(job, LEASE_MS))) throw new Error('another instance is at it');
  }
}

const keyOf = ({ provider, app }: { provider: string; app: string }): string =>
  `reconcile/${provider}/${app}`;

const isEnded = ({ status, grants }: RemoteInstall, { account }: ConnectionRow): boolean =>
  status === 'revoked' ||
  grants.some((grant) => grant.account === account && grant.status === 'revoked');

function readState(value: unknown): State {
  const { missing } = (value ?? {}) as Partial<State>;
  const known = typeof missing === 'object' && missing !== null ? missing : {};
  return { missing: known };
}
