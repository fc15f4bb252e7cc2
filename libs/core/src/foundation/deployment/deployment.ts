import { Inject, Injectable, Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { AuditService } from '../audit/audit.service.js';
import { Database } from '../database/database.js';
import type { Transaction } from '../database/unit-of-work.js';
import { FlockError } from '../errors/flock.error.js';
import { Listeners } from '../listeners.js';
import { DEPLOYMENT_OPTIONS } from './deployment.options.js';
import type { DeploymentOptions } from './deployment.options.js';

/**
 * A condition of every statement that takes the right to spend or to handle something: the store is
 * still that of the `:deployment` which asks. Empty: a store without a deployment id. In the
 * statement itself, so that nobody takes anything once another deployment has adopted the store.
 */
export const OURS = `NOT EXISTS (SELECT 1 FROM flock_deployment
  WHERE :deployment <> '' AND flock_deployment.name <> :deployment)`;

/** What the store says of itself. */
export interface StoredDeployment {
  readonly name: string;
  /** Database time of a restore whose tokens were not all checked yet. */
  readonly restoredAt?: number;
}

const ID = 'store';
/** No deployment id: what a process without one names where the store has one. */
const NOBODY = '(none)';
const READ = 'SELECT name, restored_at FROM flock_deployment';

/**
 * Whose store this is. A copy of production's database would spend production's refresh tokens, so a
 * process spends, revokes and handles nothing in the store of another deployment until it is adopted.
 */
@Injectable()
export class Deployment {
  private readonly logger = new Logger('NestFlock');
  /** Our own id: configured, or that of a store which was claimed while we ran without one. */
  private mine: string | undefined;
  private known: StoredDeployment | undefined;
  private id = '';
  private ours = true;
  /** Without an id of our own we go with whoever claims a store that had none. */
  private follows = false;
  private readonly changed = new Listeners();

  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    @Inject(DEPLOYMENT_OPTIONS) options: DeploymentOptions,
  ) {
    this.mine = options.deploymentId;
  }

  /** `listener` runs when the store has become ours, or another's. */
  onChanged(listener: () => void): void {
    this.changed.add(listener);
  }

  /** What the store said a second ago; `undefined` while nobody has claimed it. */
  get stored(): StoredDeployment | undefined {
    return this.known;
  }

  /** Random, and the same in every copy of the store. */
  get storeId(): string {
    return this.id;
  }

  /** The id of this process, if it has one. */
  get own(): string | undefined {
    return this.mine;
  }

  /** For the condition `OURS`. */
  get name(): string {
    return this.mine ?? (this.ours ? '' : NOBODY);
  }

  get isOurs(): boolean {
    return this.ours;
  }

  /** @throws FlockError `store_not_adopted` */
  assertOurs(): void {
    if (!this.ours) throw new FlockError('store_not_adopted', this.explain());
  }

  /** The token set is from before a restore: it may have been spent since the backup was made. */
  isDoubtful(row: {
    readonly refreshed_at: number | null;
    readonly installed_at: number;
  }): boolean {
    const restoredAt = this.known?.restoredAt;
    return restoredAt !== undefined && (row.refreshed_at ?? row.installed_at) < restoredAt;
  }

  /**
   * Before anything of it is touched: whether its tables may be brought up to this release. Those of
   * another deployment are left to it; `adopting` takes them as they are.
   * @throws FlockError `store_not_adopted` when they are behind this release
   */
  async mayMigrate(store: DataSource, adopting: boolean): Promise<boolean> {
    const runner = store.createQueryRunner();
    try {
      if (!(await runner.hasTable('flock_deployment'))) return true;
      const [row] = (await runner.query(READ)) as Record<string, unknown>[];
      this.known = row === undefined ? undefined : readStored(row);
    } finally {
      await runner.release();
    }
    if (this.known === undefined || this.known.name === this.mine) return true;
    if (!adopting && (await store.showMigrations())) {
      throw new FlockError(
        'store_not_adopted',
        `${this.explain()} Its tables are behind this release, and only its own deployment migrates them.`,
      );
    }
    return false;
  }

  /** A store in which nothing is kept yet becomes ours, if we have an id and may claim it. */
  async start({ mayClaim }: { mayClaim: boolean }): Promise<void> {
    const [store] = await this.database.read('SELECT id FROM flock_store');
    this.id = (store?.id as string | undefined) ?? '';
    await this.read();
    if (mayClaim && this.known === undefined && this.mine !== undefined) {
      await this.claimIfEmpty(this.mine);
      await this.read();
    }
    this.follows = this.mine === undefined && this.known === undefined;
    this.judge();
  }

  /** Once a second: another deployment may have adopted the store, or we have. */
  async poll(): Promise<void> {
    await this.read();
    this.judge();
  }

  /**
   * Makes the store that of `name`. `restored`: its tokens may have been spent since the backup was
   * made; `false` also ends an earlier restore's doubts. Answers whose it was.
   */
  async adopt(name: string, restored: boolean): Promise<StoredDeployment | undefined> {
    const before = await this.database.run(async (transaction) => {
      await transaction.lock('nest-flock/deployment');
      const row = await transaction.first(READ);
      await transaction.execute(
        row === undefined
          ? `INSERT INTO flock_deployment (id, name, adopted_at, restored_at)
             VALUES (:id, :name, {now}, CASE WHEN :restored = 1 THEN {now} ELSE NULL END)`
          : `UPDATE flock_deployment SET name = :name, adopted_at = {now},
               restored_at = CASE WHEN :restored = 1 THEN {now} ELSE NULL END WHERE id = :id`,
        { id: ID, name, restored: restored ? 1 : 0 },
      );
      // What had failed when the backup was made says nothing of today.
      if (restored) await transaction.execute('DELETE FROM flock_circuit');
      const was = row === undefined ? undefined : readStored(row);
      await this.record(transaction, restored ? 'restored' : 'adopted', name, was?.name);
      return was;
    });
    await this.poll();
    return before;
  }

  /** Every token of the restored store was checked. */
  async finishRestore(): Promise<void> {
    await this.database.run(async (transaction) => {
      const { affected } = await transaction.execute(
        'UPDATE flock_deployment SET restored_at = NULL WHERE restored_at = :at',
        { at: this.known?.restoredAt ?? 0 },
      );
      if (affected === 1) await this.record(transaction, 'checked', this.known?.name ?? '');
    });
    await this.poll();
  }

  private async read(): Promise<void> {
    const [row] = await this.database.read(READ);
    this.known = row === undefined ? undefined : readStored(row);
  }

  private judge(): void {
    if (this.follows && this.known !== undefined) this.mine ??= this.known.name;
    const ours =
      this.known === undefined
        ? this.mine === undefined || this.follows
        : this.mine === this.known.name;
    const changed = ours !== this.ours;
    this.ours = ours;
    if (!changed) return;
    if (ours) this.logger.log(`The store belongs to ${this.known?.name ?? ''} now: work goes on.`);
    else this.logger.error(this.explain());
    this.changed.tell();
  }

  private explain(): string {
    const us = this.mine === undefined ? 'no FLOCK_DEPLOYMENT_ID' : `"${this.mine}"`;
    const theirs = this.known === undefined ? 'nobody yet' : `deployment "${this.known.name}"`;
    return (
      `The store belongs to ${theirs}, and this process is of ${us}: it hands out, renews, revokes ` +
      'and handles nothing. If it is the wrong database, correct FLOCK_DATABASE_URL. If the store is to ' +
      'be used here and by nobody else, run: flock adopt.'
    );
  }

  /** Only where no secret is stored: a copy that nobody ever claimed is not taken by starting on it. */
  private claimIfEmpty(name: string): Promise<void> {
    return this.database.run(async (transaction) => {
      await transaction.lock('nest-flock/deployment');
      const claimed = await transaction.first(READ);
      const kept = await transaction.first(
        `SELECT id FROM flock_connection
         WHERE token_set IS NOT NULL OR credential IS NOT NULL LIMIT 1`,
      );
      if (claimed !== undefined || kept !== undefined) return;
      await transaction.execute(
        'INSERT INTO flock_deployment (id, name, adopted_at) VALUES (:id, :name, {now})',
        { id: ID, name },
      );
      await this.record(transaction, 'claimed', name);
    });
  }

  private record(transaction: Transaction, outcome: string, name: string, from?: string) {
    return this.audit.record(transaction, {
      actor: outcome === 'claimed' ? 'scheduler' : 'operator',
      action: 'deployment',
      outcome,
      reason: from === undefined || from === name ? name : `${name}, was ${from}`,
    });
  }
}

function readStored(row: Record<string, unknown>): StoredDeployment {
  const { name, restored_at: restoredAt } = row;
  return {
    name: String(name),
    ...(restoredAt !== null && { restoredAt: Number(restoredAt) }),
  };
}
