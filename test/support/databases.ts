import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client as PgClient } from 'pg';
import type BetterSqlite3 from 'better-sqlite3';

/** A database of its own for one test file, with a second connection to look at it from outside. */
export interface TestDatabase {
  readonly name: 'sqlite' | 'postgres';
  readonly url: string;
  /** A folder for keys and rescue files. */
  readonly directory: string;
  /** Runs SQL with `?` placeholders, as an outsider. */
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

const load = createRequire(join(process.cwd(), 'package.json'));

export async function sqliteDatabase(): Promise<TestDatabase> {
  const directory = mkdtempSync(join(tmpdir(), 'flock-test-'));
  const file = join(directory, 'flock.sqlite');
  const Database = load('better-sqlite3') as typeof BetterSqlite3;
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

export async function postgresDatabase(): Promise<TestDatabase> {
  const server = process.env.TEST_POSTGRES_URL as string;
  const name = `flock_${randomBytes(6).toString('hex')}`;
  const { Client } = load('pg') as { Client: typeof PgClient };
  const admin = new Client({ connectionString: server });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const client = new Client({ connectionString: url.href });
  await client.connect();
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

/** The databases of this machine; scripts/test.mjs says when PostgreSQL was left out. */
export const DATABASES: readonly [string, () => Promise<TestDatabase>][] = [
  ['sqlite', sqliteDatabase],
  ...(process.env.TEST_POSTGRES_URL === undefined
    ? []
    : ([['postgres', postgresDatabase]] as [string, () => Promise<TestDatabase>][])),
];
