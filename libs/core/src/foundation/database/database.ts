import { setTimeout as wait } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { FlockError } from '../errors/flock.error.js';
import { Listeners } from '../listeners.js';
import { CommitGroups } from './commit-groups.js';
import { within } from '../time/within.js';
import { isTroubleOfReads, isTroubleOfWrites } from './is-trouble.js';
import { openDialect } from './open-dialect.js';
import type { DatabaseOptions } from './open-dialect.js';
import type { SqlDialect } from './sql-dialect.js';
import type { DeclaredStatement, SqlRow, SqlValue } from './statement.js';
import { UnitOfWork } from './unit-of-work.js';
import type { Transaction } from './unit-of-work.js';
import { withSession } from './with-session.js';

/** Longer than a backup of our tables takes; then the start fails and says why. */
const MIGRATE_WITHIN_MS = 15 * 60_000;

export type MigrationMode = 'run' | 'check' | 'off';

/** Longest that closing waits for the server. */
const CLOSE_WITHIN_MS = 5_000;
/** Longest that it waits before for what is under way: longer than the database may take to refuse it. */
const SETTLE_WITHIN_MS = 15_000;

interface OpenDatabase {
  dialect: SqlDialect;
  writer: DataSource;
  reader: DataSource;
  unitOfWork: UnitOfWork;
  groups: CommitGroups;
}

/** Nest Flock's own connection to its tables, apart from any connection of the host. */
export class Database {
  private readonly logger = new Logger('NestFlock');
  private opened: OpenDatabase | undefined;
  private readonly followed = new Listeners();
  /**
   * `performance.now()` of the last time that something could not be stored, or that the server gave no
   * answer; of the start, before that. A read that is refused for its own sake says nothing of it.
   */
  troubleAt = performance.now();
  /** Statements sent so far; lets a test prove that a path runs none. */
  statements = 0;

  /** `listener` runs after the commit of something that other instances follow; see {@link ChangeFeed}. */
  onFollowed(listener: () => void): void {
    this.followed.add(listener);
  }

  /** `mayMigrate` looks at the store before: `false` leaves its tables as they are, unchecked. */
  async open(
    options: DatabaseOptions,
    migrations: MigrationMode,
    mayMigrate: (store: DataSource) => Promise<boolean> = () => Promise.resolve(true),
  ): Promise<void> {
    try {
      const dialect = await openDialect(options);
      if (migrations !== 'off') await this.migrate(dialect, migrations, mayMigrate);
      const writer = await new DataSource(dialect.dataSourceOptions('write')).initialize();
      const reader = dialect.singleConnection
        ? await new DataSource(dialect.dataSourceOptions('read')).initialize()
        : writer;
      const tell = () => this.followed.tell();
      const unitOfWork = new UnitOfWork(writer, dialect, tell);
      const groups = new CommitGroups(unitOfWork, dialect, tell);
      this.opened = { dialect, writer, reader, unitOfWork, groups };
    } catch (error) {
      if (error instanceof FlockError) throw error;
      throw new FlockError(
        'configuration_invalid',
        `FLOCK_DATABASE_URL: the database cannot be opened (${(error as Error).message}).`,
      );
    }
  }

  get dialect(): SqlDialect {
    return this.use().dialect;
  }

  /** Reads outside any transaction. */
  async read(sql: string, parameters: Record<string, SqlValue> = {}): Promise<SqlRow[]> {
    const { dialect, reader } = this.use();
    const bound = dialect.bind(sql, parameters);
    this.statements += 1;
    const asked = withSession(reader, dialect, (session) => session.query(bound.sql, bound.values));
    return (await this.watched(asked, (error) => isTroubleOfReads(error, dialect))).rows;
  }

  /** One declared statement, committed together with others; see {@link CommitGroups}. */
  write<P extends Record<string, SqlValue>>(
    statement: DeclaredStatement<P>,
    parameters: P & { id: string },
  ): Promise<SqlRow | undefined> {
    this.statements += 1;
    return this.watched(this.use().groups.write(statement, parameters));
  }

  /** Several statements in one transaction of their own. */
  run<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    this.statements += 1;
    return this.watched(this.use().unitOfWork.run(work));
  }

  private async watched<T>(work: Promise<T>, isTrouble = isTroubleOfWrites): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (isTrouble(error)) this.troubleAt = performance.now();
      throw error;
    }
  }

  async close(): Promise<void> {
    const { opened } = this;
    if (opened === undefined) return;
    const settled = opened.groups.settled().then(() => opened.unitOfWork.settled());
    await within(SETTLE_WITHIN_MS, settled, () => undefined);
    this.opened = undefined;
    const closing = [...new Set([opened.reader, opened.writer])].map((one) => one.destroy());
    // A server that stands still takes no leave; that must not keep the process.
    await within(CLOSE_WITHIN_MS, Promise.all(closing), () => undefined);
  }

  private use(): OpenDatabase {
    if (this.opened === undefined) {
      throw new FlockError(
        'provider_unavailable',
        'Nest Flock is not started, or has been shut down: its database is closed.',
      );
    }
    return this.opened;
  }

  /** Waits for a busy table by trying again and again: whoever queues up for it holds up all readers. */
  private async runMigrations(dataSource: DataSource, dialect: SqlDialect): Promise<void> {
    const giveUp = performance.now() + MIGRATE_WITHIN_MS;
    for (let tries = 1; ; tries += 1) {
      try {
        await dataSource.runMigrations({ transaction: 'each' });
        return;
      } catch (error) {
        if (!dialect.isTransient(error) || performance.now() > giveUp) throw error;
        if (tries === 1) {
          this.logger.warn(
            'A migration waits for a table that somebody else uses, such as a backup.',
          );
        }
        await wait(1_000);
      }
    }
  }

  private async migrate(
    dialect: SqlDialect,
    mode: MigrationMode,
    mayMigrate: (store: DataSource) => Promise<boolean>,
  ): Promise<void> {
    const dataSource = await new DataSource(dialect.dataSourceOptions('migrate')).initialize();
    try {
      if (!(await mayMigrate(dataSource))) return;
      if (mode === 'check') {
        if (await dataSource.showMigrations()) {
          throw new FlockError(
            'configuration_invalid',
            'The tables of Nest Flock are behind this release: start one instance with migrations: "run".',
          );
        }
        return;
      }
      await dialect.withMigrationLock(dataSource, () => this.runMigrations(dataSource, dialect));
    } finally {
      await dataSource.destroy();
    }
  }
}
