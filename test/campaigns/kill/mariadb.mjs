// A database on MariaDB for one campaign, and an outsider's view of it.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { poll } from './poll.mjs';

// Jest must not load drivers a second time, hence Node's own require.
const load = createRequire(join(process.cwd(), 'package.json'));

export async function createMariadb(server = process.env.TEST_MARIADB_URL) {
  if (server === undefined)
    throw new Error(
      'Set TEST_MARIADB_URL to a server on which databases and users may be created.',
    );
  const { createConnection } = load('mysql2/promise');
  const directory = mkdtempSync(join(tmpdir(), 'flock-kill-'));
  const suffix = randomBytes(6).toString('hex');
  const name = `flock_kill_${suffix}`;
  const uri = server.replace(/^mariadb:/, 'mysql:');
  const client = await createConnection({ uri });
  await client.query(`CREATE DATABASE ${name}`);
  await client.query(`USE ${name}`);
  const locker = await createConnection({ uri });
  await locker.query(`USE ${name}`);
  const users = new Set();
  const userOf = (pid) => `flock_${pid}_${suffix}`;
  return {
    kind: 'mariadb',
    /** Its sessions have a user of their own: there is no other name that the server shows. */
    async urlFor(pid) {
      const user = userOf(pid);
      const password = randomBytes(12).toString('hex');
      users.add(user);
      await client.query(`CREATE USER ${user} IDENTIFIED BY '${password}'`);
      await client.query(`GRANT ALL ON ${name}.* TO ${user}`);
      const url = new URL(server);
      url.username = user;
      url.password = password;
      url.pathname = `/${name}`;
      return url.href;
    },
    directory,
    async sql(text, values = []) {
      const [rows] = await client.query(text, values);
      return Array.isArray(rows) ? rows : [];
    },
    async refuseTokens() {
      await client.query(`CREATE TRIGGER refuse_tokens BEFORE UPDATE ON flock_connection FOR EACH ROW
        IF NOT NEW.token_set <=> OLD.token_set THEN
          SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused by the kill harness';
        END IF`);
    },
    async acceptTokens() {
      await client.query('DROP TRIGGER refuse_tokens');
    },
    async lock() {
      await locker.query('LOCK TABLES flock_connection READ');
    },
    async unlock() {
      await locker.query('UNLOCK TABLES');
    },
    /** What a dead process had sent may still be committed; its sessions then see that it has gone. */
    quiet: (pid) =>
      poll(async () => {
        const [rows] = await client.query(
          'SELECT COUNT(*) AS alive FROM information_schema.processlist WHERE user = ?',
          [userOf(pid)],
        );
        return Number(rows[0].alive) === 0;
      }, 'the sessions of a dead process to end'),
    async drop() {
      await locker.end();
      await client.query(`DROP DATABASE IF EXISTS ${name}`);
      for (const user of users) await client.query(`DROP USER IF EXISTS ${user}`);
      await client.end();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
