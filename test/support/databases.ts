import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { createConnection } from 'mysql2/promise';
import type { Client as PgClient } from 'pg';
import type BetterSqlite3 from 'better-sqlite3';
import { copyMariadbTemplate, postgresTemplate, sqliteTemplate } from './templates.js';

/** A database of its own for one test file, with a second connection to look at it from outside. */
export interface TestDatabase {
  readonly name: 'sqlite' | 'postgres' | 'mariadb';
  readonly url: string;
  /** A folder for keys and rescue files. */
  readonly directory: string;
  /** Runs SQL with `?` placeholders, as an outsider. */
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

const load = createRequire(join(process.cwd(), 'package.json'));

export interface TestDatabaseOptions {
  /** Without the tables, as it is before the first start. Default: they are there. */
  readonly empty?: boolean;
  /** For SQLite: the folder to make its folder in. */
  readonly parent?: string;
}

export type OpenTestDatabase = (options?: TestDatabaseOptions) => Promise<TestDatabase>;

export async function sqliteDatabase({
  empty = false,
  parent = tmpdir(),
}: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const directory = mkdtempSync(join(parent, 'flock-test-'));
  const file = join(directory, 'flock.sqlite');
  const Database = load('better-sqlite3') as typeof BetterSqlite3;
  if (!empty) {
    writeFileSync(file, await sqliteTemplate());
    const database = new Database(file);
    database.prepare('UPDATE flock_store SET id = ?').run(randomUUID());
    database.close();
  }
  return {
    name: 'sqlite',
    url: `sqlite:${file}`,
    directory,
    sql: async (text, values = []) => {
      const database = new Database(file, { timeout: 10_000 });
      try {
        const statement = database.prepare(text);
        if (!statement.reader) {
          statement.run(...values);
          return [];
        }
        return statement.all(...values) as Record<string, unknown>[];
      } finally {
        database.close();
      }
    },
    drop: async () => rmSync(directory, { recursive: true, force: true }),
  };
}

export async function postgresDatabase({
  empty = false,
}: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const server = process.env.TEST_POSTGRES_URL as string;
  const name = `flock_${randomBytes(6).toString('hex')}`;
  const { Client } = load('pg') as { Client: typeof PgClient };
  const admin = new Client({ connectionString: server });
  await admin.connect();
  const template = empty ? 'template1' : await postgresTemplate(server, admin);
  await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const client = new Client({ connectionString: url.href });
  await client.connect();
  // A store of its own: a copy would be the same one.
  if (!empty) await client.query('UPDATE flock_store SET id = $1', [randomUUID()]);
  const directory = mkdtempSync(join(tmpdir(), 'flock-test-'));
  return {
    name: 'postgres',
    url: url.href,
    directory,
    sql: async (text, values = []) => {
      let position = 0;
      const result = await client.query(
        text.replace(/\?/g, () => `$${(position += 1)}`),
        values,
      );
      return result.rows as Record<string, unknown>[];
    },
    drop: async () => {
      await client.end();
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await admin.end();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export async function mariadbDatabase(
  server: string,
  { empty = false }: TestDatabaseOptions = {},
): Promise<TestDatabase> {
  const name = `flock_${randomBytes(6).toString('hex')}`;
  const mysql = load('mysql2/promise') as { createConnection: typeof createConnection };
  const client = await mysql.createConnection({ uri: server.replace(/^mariadb:/, 'mysql:') });
  await client.query(`CREATE DATABASE ${name}`);
  await client.query(`USE ${name}`);
  if (!empty) {
    await copyMariadbTemplate(server, client);
    await client.query('UPDATE flock_store SET id = ?', [randomUUID()]);
  }
  await client.query("SET sql_mode = CONCAT(@@sql_mode, ',PIPES_AS_CONCAT')");
  const url = new URL(server);
  url.pathname = `/${name}`;
  const directory = mkdtempSync(join(tmpdir(), 'flock-test-'));
  return {
    name: 'mariadb',
    url: url.href,
    directory,
    sql: async (text, values = []) => {
      const [rows] = await client.query(text, values);
      return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
    },
    drop: async () => {
      await client.query(`DROP DATABASE IF EXISTS ${name}`);
      await client.end();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const KNOWN: Record<string, readonly [string | undefined, OpenTestDatabase]> = {
  sqlite: ['', sqliteDatabase],
  postgres: [process.env.TEST_POSTGRES_URL, postgresDatabase],
  mariadb: [
    process.env.TEST_MARIADB_URL,
    (options) => mariadbDatabase(process.env.TEST_MARIADB_URL as string, options),
  ],
  mysql: [
    process.env.TEST_MYSQL_URL,
    (options) => mariadbDatabase(process.env.TEST_MYSQL_URL as string, options),
  ],
};

/** `TEST_DATABASES=mariadb` runs every suite on that one. */
const chosen = process.env.TEST_DATABASES?.split(',');

const among = (...names: readonly string[]): readonly [string, OpenTestDatabase][] =>
  (chosen ?? names).flatMap((name) => {
    const [url, open] = KNOWN[name] ?? [];
    return url === undefined || open === undefined ? [] : [[name, open]];
  });

/** Those of this machine; scripts/test.mjs says when a server was left out. */
export const DATABASES = among('sqlite', 'postgres');

/** All that claim to be equals: for what a database itself must do right. */
export const ALL_DATABASES = among('sqlite', 'postgres', 'mariadb', 'mysql');
