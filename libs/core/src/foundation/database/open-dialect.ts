import { resolve } from 'node:path';
import { FlockError } from '../errors/flock.error.js';
import { MariaDbDialect } from './mariadb.dialect.js';
import type { MySql2 } from './mariadb-driver.js';
import { PostgresDialect } from './postgres.dialect.js';
import type { SqlDialect } from './sql-dialect.js';
import { SqliteDialect } from './sqlite.dialect.js';
import type { SqliteDriver } from './sqlite.dialect.js';

export interface DatabaseOptions {
  /** `sqlite:<file>`, `postgres://user@host/name` or `mariadb://user@host/name`. */
  url: string;
  /** Package that talks to SQLite: `better-sqlite3`, or `libsql`, which ships compiled. */
  sqliteDriver: 'better-sqlite3' | 'libsql';
  /** Connections of this process, but for SQLite. */
  poolSize: number;
}

const POSTGRES = /^postgres(ql)?:\/\/.+/;
/** With the name of a database: there is none by default. */
const MARIADB = /^(mariadb|mysql):\/\/[^/]+\/.+/;

/** @throws FlockError `configuration_invalid` when a driver is missing; it says what to install. */
export async function openDialect(options: DatabaseOptions): Promise<SqlDialect> {
  if (options.url.startsWith('sqlite:')) {
    const file = resolve(options.url.slice('sqlite:'.length));
    return new SqliteDialect(file, await loadSqlite(options.sqliteDriver));
  }
  if (MARIADB.test(options.url)) {
    const driver = (await loadDriver('mysql2', 'npm install mysql2')) as MySql2;
    return new MariaDbDialect(options.url, options.poolSize, driver);
  }
  await loadDriver('pg', 'npm install pg');
  return new PostgresDialect(options.url, options.poolSize);
}

/** What `FLOCK_DATABASE_URL` accepts. */
export function isDatabaseUrl(url: string): boolean {
  if (/^sqlite:(?!:memory:).+/.test(url)) return true;
  // The errors of those who parse it later quote it, with the password.
  if (MARIADB.test(url)) return URL.canParse(url);
  // A socket has no host, which pg allows beside a password.
  return POSTGRES.test(url) && URL.canParse(url.replace('@/', '@host/'));
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
