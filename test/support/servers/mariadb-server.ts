import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection, createConnection } from 'mysql2/promise';
import type { TestDatabase } from '../databases.js';
import { freePort } from '../host.js';
import { until } from '../poll.js';
import { findBinary } from './find-binary.js';
import type { PrivateServer } from './private-server.js';

const load = createRequire(join(process.cwd(), 'package.json'));

/** MariaDB on a port and in a folder of its own; without flushing, since the machine does not fail. */
export async function startMariaDbServer(): Promise<PrivateServer> {
  const binary = findBinary('mariadbd');
  const setup = findBinary('mariadb-install-db');
  if (binary === undefined || setup === undefined) {
    throw new Error('MariaDB is not installed (Debian: mariadb-server)');
  }
  const folder = mkdtempSync(join(tmpdir(), 'flock-mariadb-'));
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  const data = `--datadir=${join(folder, 'data')}`;
  const own = ['--no-defaults', ...user, data];
  execFileSync(
    setup,
    [
      ...own,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      '--innodb-log-file-size=8M',
    ],
    { stdio: 'pipe' },
  );
  const port = await freePort();
  let server: ChildProcess | undefined;

  const run = async (name: string | undefined, ...texts: [string, unknown[]?][]) => {
    const mysql = load('mysql2/promise') as { createConnection: typeof createConnection };
    const client: Connection = await mysql.createConnection({
      host: '127.0.0.1',
      port,
      user: 'root',
      ...(name !== undefined && { database: name }),
    });
    client.on('error', () => undefined);
    try {
      let rows: Record<string, unknown>[] = [];
      for (const [text, values] of texts) {
        const [result] = await client.query(text, values);
        rows = Array.isArray(result) ? (result as Record<string, unknown>[]) : [];
      }
      return rows;
    } finally {
      await client.end();
    }
  };
  const start = async () => {
    const settings = [
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'pid')}`,
      '--innodb-flush-log-at-trx-commit=2',
      '--innodb-buffer-pool-size=16M',
      '--innodb-log-file-size=8M',
      '--skip-log-bin',
      '--skip-name-resolve',
    ];
    server = spawn(binary, [...own, ...settings], { cwd: folder, stdio: 'ignore' });
    await until(() =>
      run(undefined, ['SELECT 1']).then(
        () => true,
        () => undefined,
      ),
    );
  };
  const kill = async () => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  };

  await start();
  // `read_only` binds everybody but those who may set it.
  await run(undefined, ["CREATE USER flock@'127.0.0.1'"]);
  return {
    port,
    start,
    kill,
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    readOnly: async (on) => void (await run(undefined, [`SET GLOBAL read_only = ${on ? 1 : 0}`])),
    database: async (): Promise<TestDatabase> => {
      const name = `flock_${randomBytes(6).toString('hex')}`;
      await run(
        undefined,
        [`CREATE DATABASE ${name}`],
        [`GRANT ALL ON ${name}.* TO flock@'127.0.0.1'`],
      );
      const directory = mkdtempSync(join(tmpdir(), 'flock-test-'));
      return {
        name: 'mariadb',
        url: `mariadb://flock@127.0.0.1:${port}/${name}`,
        directory,
        sql: (text, values = []) => run(name, [text, values]),
        drop: async () => {
          await run(undefined, [`DROP DATABASE IF EXISTS ${name}`]);
          rmSync(directory, { recursive: true, force: true });
        },
      };
    },
    destroy: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
