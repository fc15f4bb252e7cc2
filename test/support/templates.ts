import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import type { Client } from 'pg';
import { Database } from '../../libs/core/src/foundation/database/database.js';

const FOLDER = join(process.cwd(), 'libs', 'core', 'src', 'foundation', 'database', 'migrations');
/** Any number, the same in every worker. */
const LOCK = 439_804_652;

const migrate = async (url: string): Promise<void> => {
  const database = new Database();
  await database.open({ url, sqliteDriver: 'better-sqlite3', poolSize: 2 }, 'run');
  await database.close();
};

let sqlite: Promise<Buffer> | undefined;

/** A file with all tables: copying it costs a tenth of migrating. */
export function sqliteTemplate(): Promise<Buffer> {
  sqlite ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'flock-template-'));
    const file = join(folder, 'flock.sqlite');
    await migrate(`sqlite:${file}`);
    const content = readFileSync(file);
    rmSync(folder, { recursive: true, force: true });
    return content;
  })();
  return sqlite;
}

let postgres: Promise<string> | undefined;

/** The name of a database with all tables, which the workers of this machine share. */
export function postgresTemplate(server: string, admin: Client): Promise<string> {
  postgres ??= makePostgresTemplate(server, admin);
  return postgres;
}

/** Another one for other migrations. */
function templateName(): string {
  const digest = createHash('sha256');
  for (const name of readdirSync(FOLDER).sort()) digest.update(readFileSync(join(FOLDER, name)));
  return `flock_template_${digest.digest('hex').slice(0, 16)}`;
}

async function makePostgresTemplate(server: string, admin: Client): Promise<string> {
  const name = templateName();
  await admin.query(`SELECT pg_advisory_lock(${LOCK})`);
  try {
    const found = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (found.rowCount === 1) return name;
    const made = `flock_${randomBytes(6).toString('hex')}`;
    await admin.query(`CREATE DATABASE ${made}`);
    const url = new URL(server);
    url.pathname = `/${made}`;
    await migrate(url.href);
    await admin.query(`ALTER DATABASE ${made} RENAME TO ${name}`);
    return name;
  } finally {
    await admin.query(`SELECT pg_advisory_unlock(${LOCK})`);
  }
}

const mariadb = new Map<string, Promise<string>>();

/** Makes the tables in the database that the client uses, after those of a database all workers share. */
export async function copyMariadbTemplate(server: string, client: Connection): Promise<void> {
  const made = mariadb.get(server) ?? makeMariadbTemplate(server, client);
  mariadb.set(server, made);
  const template = await made;
  for (const table of await tablesOf(client, template)) {
    await client.query(`CREATE TABLE ${table} LIKE ${template}.${table}`);
    await client.query(`INSERT INTO ${table} SELECT * FROM ${template}.${table}`);
  }
}

async function makeMariadbTemplate(server: string, client: Connection): Promise<string> {
  const name = templateName();
  await client.query('SELECT GET_LOCK(?, 120)', [name]);
  try {
    const [whole] = await client.query('SHOW DATABASES LIKE ?', [`${name}_is_whole`]);
    if ((whole as unknown[]).length === 1) return name;
    await client.query(`DROP DATABASE IF EXISTS ${name}`);
    await client.query(`CREATE DATABASE ${name}`);
    const url = new URL(server);
    url.pathname = `/${name}`;
    await migrate(url.href);
    // Databases cannot be renamed there.
    await client.query(`CREATE DATABASE ${name}_is_whole`);
    return name;
  } finally {
    await client.query('SELECT RELEASE_LOCK(?)', [name]);
  }
}

async function tablesOf(client: Connection, database: string): Promise<string[]> {
  const [rows] = await client.query(`SHOW TABLES FROM ${database}`);
  return (rows as Record<string, string>[]).flatMap((row) => Object.values(row));
}
