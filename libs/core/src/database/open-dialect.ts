import { resolve } from 'node:path';
import { FlockError } from '../errors/flock.error.js';
import { PostgresDialect } from './postgres.dialect.js';
import type { SqlDialect } from './sql-dialect.js';
import { SqliteDialect } from './sqlite.dialect.js';
import type { SqliteDriver } from './sqlite.dialect.js';

export interface DatabaseOptions {
  /** `sqlite:<file>` or `postgres://user@host/name`. */
  url: string;
  /** Package that talks to SQLite: `better-sqlite3`, or `libsql`, which ships compiled. */
  sqliteDriver: 'better-sqlite3' | 'libsql';
  /** PostgreSQL connections of this process. */
  poolSize: number;
}

/** @throws FlockError `configuration_invalid` when a driver is missing; it says what to install. */
export async function openDialect(options: DatabaseOptions): Promise<SqlDialect> {
  if (options.url.startsWith('sqlite:')) {
    const file = resolve(options.url.slice('sqlite:'.length));
    return new SqliteDialect(file, await loadSqlite(options.sqliteDriver));
  }
  await loadDriver('pg', 'npm install pg');
  return new PostgresDialect(options.url, options.poolSize);
}

/** What `FLOCK_DATABASE_URL` accepts. */
export function isDatabaseUrl(url: string): boolean {
  return /^sqlite:(?!:memory:).+/.test(url) || /^postgres(ql)?:\/\/.+/.test(url);
}

async function loadSqlite(name: DatabaseOptions['sqliteDriver']): Promise<SqliteDriver> {
  const other = name === 'better-sqlite3' ? 'libsql' : 'better-sqlite3';
  const driver = (await loadDriver(
    name,
    `npm install ${name}, or FLOCK_SQLITE_DRIVER=${other} after npm install ${other}` +
      (name === 'better-sqlite3' ? ' (which needs no C++ tool chain)' : ''),
  )) as SqliteDriver;
  try {
    // The binary is looked for only now.
    new driver(':memory:').close();
    return driver;
  } catch {
    throw missing(
      name,
      `its binary does not load: npm rebuild ${name}, or FLOCK_SQLITE_DRIVER=${other} after npm install ${other}`,
    );
  }
}

async function loadDriver(name: string, hint: string): Promise<unknown> {
  try {
    const loaded = (await import(name)) as { default?: unknown };
    return loaded.default ?? loaded;
  } catch {
    throw missing(name, hint);
  }
}

function missing(name: string, hint: string): FlockError {
  return new FlockError(
    'configuration_invalid',
    `The database driver ${name} cannot be used: ${hint}.`,
  );
}
