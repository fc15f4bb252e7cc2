import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Client as PgClient } from 'pg';
import type { TestDatabase } from '../databases.js';
import { freePort } from '../host.js';
import { until } from '../poll.js';
import { findBinary } from './find-binary.js';
import { processTree, signalAll } from './process-tree.js';
import type { PrivateServer } from './private-server.js';

const load = createRequire(join(process.cwd(), 'package.json'));

/** PostgreSQL refuses to run as root. */
function account(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }).trim());
  return { uid: id('-u'), gid: id('-g') };
}

/** PostgreSQL on a port and in a folder of its own; without fsync, since the machine does not fail. */
export async function startPostgresServer(): Promise<PrivateServer> {
  const binary = findBinary('postgres');
  if (binary === undefined) throw new Error('PostgreSQL is not installed (Debian: postgresql)');
  const owner = account();
  const folder = mkdtempSync(join(tmpdir(), 'flock-postgres-'));
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid as number);
  const data = join(folder, 'data');
  const setup = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N'];
  execFileSync(join(dirname(binary), 'initdb'), setup, { ...owner, cwd: folder, stdio: 'pipe' });
  const port = await freePort();
  let server: ChildProcess | undefined;
  let frozen: readonly number[] = [];

  const connect = async (name: string): Promise<PgClient> => {
    const { Client } = load('pg') as { Client: typeof PgClient };
    const client = new Client({ host: '127.0.0.1', port, user: 'postgres', database: name });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const run = async (name: string, ...texts: [string, unknown[]?][]) => {
    const client = await connect(name);
    try {
      // An outsider may write whatever is set for the app.
      await client.query('SET default_transaction_read_only = off');
      let rows: Record<string, unknown>[] = [];
      for (const [text, values] of texts) {
        const result = await client.query(text, values);
        rows = result.rows as Record<string, unknown>[];
      }
      return rows;
    } finally {
      await client.end();
    }
  };
  const start = async () => {
    const settings = [
      'fsync=off',
      'full_page_writes=off',
      'shared_buffers=16MB',
      `unix_socket_directories=${folder}`,
    ];
    server = spawn(
      binary,
      [
        '-D',
        data,
        '-p',
        String(port),
        '-h',
        '127.0.0.1',
        ...settings.flatMap((one) => ['-c', one]),
      ],
      { ...owner, cwd: folder, stdio: 'ignore' },
    );
    await until(() =>
      run('postgres', ['SELECT 1']).then(
        () => true,
        () => undefined,
      ),
    );
  };
  const thaw = () => {
    // Children first, so that none is seen as hanging.
    signalAll([...frozen].reverse(), 'SIGCONT');
    frozen = [];
  };
  const kill = async () => {
    thaw();
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    // "Immediate shutdown": as a crash, but the children go along.
    server.kill('SIGQUIT');
    await ended;
  };

  await start();
  return {
    port,
    start,
    kill,
    freeze: () => {
      frozen = processTree(server?.pid as number);
      signalAll(frozen, 'SIGSTOP');
    },
    thaw,
    readOnly: async (on) => {
      await run(
        'postgres',
        [`ALTER SYSTEM SET default_transaction_read_only = ${on}`],
        ['SELECT pg_reload_conf()'],
      );
      // Sessions take it up one by one; a new one shows that the postmaster has.
      await until(async () => {
        const client = await connect('postgres');
        const { rows } = await client.query('SHOW default_transaction_read_only');
        await client.end();
        return (
          (rows as Record<string, unknown>[])[0]?.default_transaction_read_only ===
          (on ? 'on' : 'off')
        );
      });
    },
    database: async (): Promise<TestDatabase> => {
      const name = `flock_${randomBytes(6).toString('hex')}`;
      await run('postgres', [`CREATE DATABASE ${name}`]);
      const directory = mkdtempSync(join(tmpdir(), 'flock-test-'));
      return {
        name: 'postgres',
        url: `postgres://postgres@127.0.0.1:${port}/${name}`,
        directory,
        sql: (text, values = []) => {
          let position = 0;
          return run(name, [text.replace(/\?/g, () => `$${(position += 1)}`), values]);
        },
        drop: async () => {
          await run('postgres', [`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`]);
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
