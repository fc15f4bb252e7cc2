// A database of its own for one campaign, and an outsider's view of it.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMariadb } from './mariadb.mjs';
import { poll } from './poll.mjs';

// Jest must not load native drivers a second time, hence Node's own require.
const load = createRequire(join(process.cwd(), 'package.json'));

/** `server`: where databases may be created; by default what the environment says. */
export function createDatabase(kind, server) {
  if (kind === 'mariadb') return createMariadb(server);
  return kind === 'postgres' ? createPostgres(server) : createSqlite();
}

async function createSqlite() {
  const directory = mkdtempSync(join(tmpdir(), 'flock-kill-'));
  const file = join(directory, 'flock.sqlite');
  const Database = load('better-sqlite3');
  let opened;
  const database = () => (opened ??= new Database(file, { timeout: 10_000 }));
  let locker;
  return {
    kind: 'sqlite',
    urlFor: async () => `sqlite:${file}`,
    directory,
    async sql(text, values = []) {
      const statement = database().prepare(text);
      if (statement.reader) return statement.all(...values);
      statement.run(...values);
      return [];
    },
    /** The store refuses every new token set, at once. */
    async refuseTokens() {
      database().exec(`CREATE TRIGGER refuse_tokens BEFORE UPDATE OF token_set ON flock_connection
        BEGIN SELECT RAISE(ABORT, 'refused by the kill harness'); END`);
    },
    async acceptTokens() {
      database().exec('DROP TRIGGER refuse_tokens');
    },
    /** Another process could do this: nobody else writes until `unlock()`. */
    async lock() {
      locker = new Database(file, { timeout: 10_000 });
      locker.exec('BEGIN IMMEDIATE');
    },
    async unlock() {
      locker?.close();
      locker = undefined;
    },
    /** A dead process writes no more. */
    async quiet() {},
    async drop() {
      locker?.close();
      opened?.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const applicationName = (pid) => `flock-kill-${pid}`;

async function createPostgres(server = process.env.TEST_POSTGRES_URL) {
  if (server === undefined)
    throw new Error('Set TEST_POSTGRES_URL to a server on which databases may be created.');
  const directory = mkdtempSync(join(tmpdir(), 'flock-kill-'));
  const name = `flock_kill_${randomBytes(6).toString('hex')}`;
  const { Client } = load('pg');
  const admin = new Client({ connectionString: server });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const client = new Client({ connectionString: url.href });
  await client.connect();
  const locker = new Client({ connectionString: url.href });
  await locker.connect();
  return {
    kind: 'postgres',
    /** Its sessions carry the name of their process. */
    urlFor: async (pid) => `${url.href}?application_name=${applicationName(pid)}`,
    directory,
    async sql(text, values = []) {
      let position = 0;
      const result = await client.query(
        text.replace(/\?/g, () => `$${(position += 1)}`),
        values,
      );
      return result.rows;
    },
    async refuseTokens() {
      await client.query(`CREATE FUNCTION refuse_tokens() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'refused by the kill harness'; END $$`);
      await client.query(`CREATE TRIGGER refuse_tokens BEFORE UPDATE OF token_set ON flock_connection
        FOR EACH ROW EXECUTE FUNCTION refuse_tokens()`);
    },
    async acceptTokens() {
      await client.query('DROP FUNCTION refuse_tokens CASCADE');
    },
    async lock() {
      await locker.query('BEGIN');
      await locker.query('LOCK TABLE flock_connection IN SHARE MODE');
    },
    async unlock() {
      await locker.query('ROLLBACK');
    },
    /** What a dead process had sent may still be committed; its backends then see that it has gone. */
    quiet: (pid) =>
      poll(async () => {
        const { rows } = await client.query(
          `SELECT count(*)::int AS alive FROM pg_stat_activity
           WHERE datname = current_database() AND application_name = $1`,
          [applicationName(pid)],
        );
        return rows[0].alive === 0;
      }, 'the sessions of a dead process to end'),
    async drop() {
      await client.end();
      await locker.end();
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await admin.end();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
