import { DataSource } from 'typeorm';
import { FlockError } from '../errors/flock.error.js';
import { CommitGroups } from './commit-groups.js';
import { openDialect } from './open-dialect.js';
import type { DatabaseOptions } from './open-dialect.js';
import type { SqlDialect } from './sql-dialect.js';
import type { DeclaredStatement, SqlRow, SqlValue } from './statement.js';
import { UnitOfWork } from './unit-of-work.js';
import type { Transaction } from './unit-of-work.js';

export type MigrationMode = 'run' | 'check' | 'off';

interface OpenDatabase {
  dialect: SqlDialect;
  writer: DataSource;
  reader: DataSource;
  unitOfWork: UnitOfWork;
  groups: CommitGroups;
}

/** Nest Flock's own connection to its tables, apart from any connection of the host. */
export class Database {
  private opened: OpenDatabase | undefined;
  /** Statements sent so far; lets a test prove that a path runs none. */
  statements = 0;

  async open(options: DatabaseOptions, migrations: MigrationMode): Promise<void> {
    const dialect = await openDialect(options);
    try {
      if (migrations !== 'off') await this.migrate(dialect, migrations);
      const writer = await new DataSource(dialect.dataSourceOptions('write')).initialize();
      const reader = dialect.singleConnection
        ? await new DataSource(dialect.dataSourceOptions('read')).initialize()
        : writer;
      const unitOfWork = new UnitOfWork(writer, dialect);
      const groups = new CommitGroups(unitOfWork, dialect);
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
    return reader.query<SqlRow[]>(bound.sql, bound.values);
  }

  /** One declared statement, committed together with others; see {@link CommitGroups}. */
  write<P extends Record<string, SqlValue>>(
    statement: DeclaredStatement<P>,
    parameters: P & { id: string },
  ): Promise<SqlRow | undefined> {
    this.statements += 1;
    return this.use().groups.write(statement, parameters);
  }

  /** Several statements in one transaction of their own. */
  run<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    this.statements += 1;
    return this.use().unitOfWork.run(work);
  }

  async close(): Promise<void> {
    const { opened } = this;
    if (opened === undefined) return;
    await opened.groups.settled();
    await opened.unitOfWork.settled();
    this.opened = undefined;
    if (opened.reader !== opened.writer) await opened.reader.destroy();
    await opened.writer.destroy();
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

  private async migrate(dialect: SqlDialect, mode: MigrationMode): Promise<void> {
    const dataSource = await new DataSource(dialect.dataSourceOptions('migrate')).initialize();
    try {
      if (mode === 'check') {
        if (await dataSource.showMigrations()) {
          throw new FlockError(
            'configuration_invalid',
            'The tables of Nest Flock are behind this release: start one instance with migrations: "run".',
          );
        }
        return;
      }
      await dialect.withMigrationLock(dataSource, () =>
        dataSource.runMigrations({ transaction: 'all' }),
      );
    } finally {
      await dataSource.destroy();
    }
  }
}
