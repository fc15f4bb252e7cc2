// A database of its own for a bench, and connections in it by the hundred thousand, as the product writes them.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SealingService } from '../libs/core/dist/esm/foundation/sealing/sealing.service.js';
import { credentialPlace, tokenSetPlace } from '../libs/core/dist/esm/connection/seal-places.js';
import { startScaleHost } from './scale-host.mjs';

const require = createRequire(import.meta.url);
const BATCH = 2_000;
const HOUR = 3_600_000;

/** `sqlite`, `postgres` or `mariadb`; `undefined` where the server is not named in the environment. */
export async function openStore(kind) {
  const directory = mkdtempSync(join(tmpdir(), 'flock-bench-'));
  const name = `flock_bench_${process.pid}_${randomUUID().slice(0, 8)}`;
  const clean = () => rmSync(directory, { recursive: true, force: true });
  if (kind === 'sqlite') {
    const file = join(directory, 'flock.sqlite');
    return { kind, directory, url: `sqlite:${file}`, ...sqlite(file), drop: async () => clean() };
  }
  const server = { postgres: 'TEST_POSTGRES_URL', mariadb: 'TEST_MARIADB_URL' }[kind];
  if (process.env[server] === undefined) {
    clean();
    console.log(`\n${kind} left out: name a server in ${server}.`);
    return undefined;
  }
  const url = new URL(process.env[server]);
  const admin = await (kind === 'postgres' ? postgres : mariadb)(url.href);
  await admin.query(`CREATE DATABASE ${name}`);
  url.pathname = `/${name}`;
  const client = await (kind === 'postgres' ? postgres : mariadb)(url.href);
  return {
    kind,
    directory,
    url: url.href,
    ...client,
    /** A second connection of an outsider. */
    another: () => (kind === 'postgres' ? postgres : mariadb)(url.href),
    drop: async () => {
      await client.close();
      await admin.query(
        `DROP DATABASE IF EXISTS ${name}${kind === 'postgres' ? ' WITH (FORCE)' : ''}`,
      );
      await admin.close();
      clean();
    },
  };
}

function sqlite(file) {
  const Database = require('better-sqlite3');
  const use = (work) => {
    const database = new Database(file, { timeout: 30_000 });
    try {
      return work(database);
    } finally {
      database.close();
    }
  };
  return {
    query: async (sql) =>
      use((database) => {
        const statement = database.prepare(sql);
        return statement.reader ? statement.all() : (statement.run(), []);
      }),
    analyze: async () => use((database) => database.exec('ANALYZE')),
    tidy: async () => undefined,
    insert: async (columns, rows) =>
      use((database) => {
        database.pragma('cache_size = -400000');
        database.pragma('synchronous = OFF');
        const statement = database.prepare(
          `INSERT INTO flock_connection (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
        );
        database.transaction(() => {
          for (const batch of rows) for (const row of batch) statement.run(...row);
        })();
      }),
    close: async () => undefined,
  };
}

async function postgres(connectionString) {
  const { Client } = require('pg');
  const client = new Client({ connectionString });
  await client.connect();
  const query = async (sql, values) => (await client.query(sql, values)).rows;
  return {
    query,
    analyze: () => query('VACUUM (ANALYZE) flock_connection'),
    tidy: () => query('VACUUM flock_connection'),
    insert: async (columns, rows) => {
      // Made again at the end, by their own words: a tenth of the time of keeping them up to date.
      const indexes = await query(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'flock_connection' AND indexname <> 'flock_connection_pk'",
      );
      for (const { indexname } of indexes) await query(`DROP INDEX ${indexname}`);
      await query('BEGIN');
      for (const batch of rows) {
        const given = batch.map((row) =>
          Object.fromEntries(
            row.map((value, index) => [
              columns[index],
              Buffer.isBuffer(value) ? value.toString('hex') : value,
            ]),
          ),
        );
        const list = columns.map((name) => (BYTES.has(name) ? `decode(${name}, 'hex')` : name));
        const record = columns.map((name) =>
          BYTES.has(name) ? `${name} text` : `${name} ${WHOLE.has(name) ? 'bigint' : 'text'}`,
        );
        await query(
          `INSERT INTO flock_connection (${columns.join(', ')})
           SELECT ${list.join(', ')} FROM json_to_recordset($1::json) AS given(${record.join(', ')})`,
          [JSON.stringify(given)],
        );
      }
      await query('COMMIT');
      for (const { indexdef } of indexes) await query(indexdef);
    },
    close: () => client.end(),
  };
}

async function mariadb(uri) {
  const client = await require('mysql2/promise').createConnection({
    uri: uri.replace(/^mariadb:/, 'mysql:'),
  });
  const query = async (sql, values) => (await client.query(sql, values))[0];
  return {
    query,
    analyze: () => query('ANALYZE TABLE flock_connection'),
    tidy: async () => undefined,
    insert: async (columns, rows) => {
      await query('START TRANSACTION');
      for (const batch of rows) {
        await query(`INSERT INTO flock_connection (${columns.join(', ')}) VALUES ?`, [batch]);
      }
      await query('COMMIT');
    },
    close: () => client.end(),
  };
}

const BYTES = new Set(['token_set', 'credential']);
const WHOLE = new Set([
  'generation',
  'token_version',
  'installed_at',
  'refreshed_at',
  'expires_at',
  'due_at',
  'used_version',
  'changed_at',
]);
const COLUMNS = [
  'id',
  'provider',
  'app',
  'environment',
  'account',
  'merchant',
  'install',
  'owner',
  'scopes',
  'status',
  'status_reason',
  'generation',
  'token_version',
  'token_set',
  'credential',
  'attempt_id',
  'installed_at',
  'refreshed_at',
  'expires_at',
  'due_at',
  'used_version',
  'changed_at',
];

/** Of a hundred connections so many: [up to, provider, environment, account, needs a person]. */
const MIX = [
  [45, 'flint', 'live', 'egrt', true],
  [60, 'flint', 'test', 'egrt', true],
  [80, 'fynd', 'default', 'company', true],
  [90, 'flute', 'production', 'tenant', false],
  [95, 'flinks-pay', 'default', 'customer', false],
  [100, 'flex-pay', 'production', 'merchant', false],
];

const SECRET = 'x'.repeat(320);

/**
 * One connection, as it stands some time after its install. 1 % wait for the merchant, 2 % are
 * revoked; of those that need a person half are in use, of the others a third.
 */
function rowOf(n, { now, seal, dueAt, only, spareMs }) {
  const id = randomUUID();
  const kind = only === undefined ? n % 100 : 0;
  const [, provider, environment, prefix, needsPerson] = MIX.find(([upTo]) => kind < upTo);
  const turn = only === undefined ? Math.floor(n / 100) % 100 : 100;
  const status =
    turn < 2 ? 'revoked' : turn < 3 && needsPerson ? 'reauthorization_required' : 'active';
  const active = status === 'active';
  const used = needsPerson ? n % 2 === 0 : n % 3 === 0;
  const life = Math.random() * HOUR;
  const holds = status !== 'revoked' && (needsPerson || used);
  const tokens = {
    accessToken: `at_${n}_${SECRET}`,
    ...(needsPerson && { refreshToken: `rt_${n}_0` }),
    tokenType: 'bearer',
  };
  const usual = used ? now + life : needsPerson ? now + 24 * HOUR * Math.random() : null;
  const due = active ? (dueAt?.({ provider, environment, n }) ?? usual) : null;
  const installed = now - 90 * 24 * HOUR * Math.random();
  return [
    id,
    provider,
    provider,
    environment,
    `${prefix}_${n}`,
    `mer_${n}`,
    needsPerson ? `pinst_${n}` : null,
    // Most owners have one connection; every thousandth belongs to a chain of shops.
    n % 200 === 7 ? 'tenant_chain' : `tenant_${n}`,
    needsPerson ? 'commerce.orders.read commerce.orders.write' : '',
    status,
    status === 'revoked' ? 'uninstalled' : active ? null : 'invalid_grant',
    1,
    3,
    holds ? seal(tokenSetPlace(id), JSON.stringify(tokens)) : null,
    !needsPerson && status !== 'revoked'
      ? seal(credentialPlace(id), JSON.stringify({ id: `c_${n}`, secret: SECRET.slice(0, 64) }))
      : null,
    randomUUID(),
    Math.floor(installed),
    Math.floor(now - HOUR + life),
    status === 'revoked' ? null : Math.floor(now + spareMs + life),
    due === null ? null : Math.floor(due),
    used ? 3 : -1,
    Math.floor(installed),
  ];
}

/**
 * Migrates, and fills the table in one transaction. `dueAt` may say when a connection is due, other
 * than usually; with `only` all are live ones of Flint; `spareMs`
 * lengthens the lives of all tokens. Answers the seconds that it took.
 */
export async function seed(store, count, { dueAt, only, spareMs = 0 } = {}) {
  const started = performance.now();
  const host = await startScaleHost({
    flock: { databaseUrl: store.url, dataDir: store.directory, background: false },
  });
  const sealing = host.get(SealingService);
  const context = {
    now: Date.now(),
    dueAt,
    only,
    spareMs,
    seal: (place, text) => sealing.seal(place, text),
  };
  await store.insert(
    COLUMNS,
    (function* () {
      for (let from = 0; from < count; from += BATCH) {
        const size = Math.min(BATCH, count - from);
        yield Array.from({ length: size }, (_, index) => rowOf(from + index, context));
      }
    })(),
  );
  await store.analyze();
  await host.close();
  return (performance.now() - started) / 1_000;
}
