// A million connections on PostgreSQL: what a start, an idle process, the cache and the lists cost then.
import { setTimeout as wait } from 'node:timers/promises';
import { ProviderRegistry } from '../libs/core/dist/esm/provider/provider.registry.js';
import { RenewalRequests } from '../libs/core/dist/esm/token/endpoint/renewal-request.js';
import { startChild } from './child.mjs';
import { startScaleHost } from './scale-host.mjs';
import { openStore, seed } from './scale-store.mjs';
import { median } from './statistics.mjs';

const SMALL = 10_000;
const LARGE = Number(process.env.BENCH_ROWS ?? 1_000_000);
const READS = Math.floor(LARGE * 0.3);
const DELIVERIES = Math.floor(LARGE * 0.2);
const IDLE_SECONDS = Number(process.env.BENCH_IDLE ?? 30);
const HOUR = 3_600_000;
const MIB = 1_048_576;

const mib = (bytes) => `${(bytes / MIB).toFixed(0)} MiB`;

/** Nothing is due but what is held back: every connection of Fynd, whose token endpoint is silent. */
const dueAt = ({ provider }) =>
  provider === 'fynd' ? Date.now() - HOUR * Math.random() : Date.now() + 24 * HOUR;

async function openTable(rows) {
  const store = await openStore('postgres');
  if (store === undefined) return undefined;
  const seconds = await seed(store, rows, { dueAt, spareMs: 24 * HOUR });
  await stopFynd(store);
  return { store, rows, seconds };
}

async function stopFynd(store) {
  const host = await startScaleHost({
    flock: { databaseUrl: store.url, dataDir: store.directory, background: false },
  });
  const fynd = host.get(ProviderRegistry).get('fynd');
  const { id } = host.get(RenewalRequests).endpointCircuit(fynd, { environment: 'default' });
  await host.close();
  await store.query(
    `INSERT INTO flock_circuit (id, kind, provider, app, failures, is_open, probe_at, changed_at)
     VALUES ('${id}', 'endpoint', 'fynd', 'fynd', 9, 1, ${Date.now() + 24 * HOUR}, ${Date.now()})`,
  );
}

const startWorker = (store, { background }) =>
  startChild(
    'million-worker.mjs',
    { databaseUrl: store.url, dataDir: store.directory, background },
    { execArgv: ['--expose-gc'] },
  );

/** Rows that the database has read of each table that grows, and scans that it has begun. */
async function rowsRead(store) {
  // The counters of a connection are there once it has ended.
  for (;;) {
    const [{ n }] = await store.query(
      'SELECT COUNT(*) AS n FROM pg_stat_activity WHERE datname = current_database()',
    );
    if (Number(n) === 1) break;
    await wait(20);
  }
  const [row] = await store.query(
    `SELECT SUM(seq_scan) AS scans, SUM(seq_tup_read) AS scanned, SUM(idx_tup_fetch) AS fetched
     FROM pg_stat_user_tables WHERE relname IN ('flock_connection', 'flock_delivery', 'flock_event')`,
  );
  return row;
}

async function counted(store, work) {
  const before = await rowsRead(store);
  const result = await work();
  const after = await rowsRead(store);
  const read = Object.fromEntries(
    Object.keys(after).map((name) => [name, Number(after[name]) - Number(before[name])]),
  );
  return { result, read };
}

async function measureStart(table) {
  const starts = [];
  const { read } = await counted(table.store, async () => {
    for (let round = 0; round < 5; round += 1) {
      const worker = await startWorker(table.store, { background: true });
      starts.push(worker);
      await worker.stop();
    }
  });
  return {
    ms: median(starts.map(({ ready }) => ready.startMs)),
    memory: median(starts.map(({ ready }) => ready.memory)),
    read,
  };
}

const inWords = ({ scans, scanned, fetched }) =>
  `${scans} sequential scans with ${scanned} rows, ${fetched} rows by index`;

async function measureLists(store) {
  const worker = await startWorker(store, { background: false });
  const lists = [
    ['connections, all', 'connections', { limit: 1_000 }],
    ['connections, provider flint', 'connections', { provider: 'flint', limit: 1_000 }],
    ['connections, provider flex-pay', 'connections', { provider: 'flex-pay', limit: 1_000 }],
    ['connections, active', 'connections', { status: 'active', limit: 1_000 }],
    [
      'connections, waiting for the merchant',
      'connections',
      { status: 'reauthorization_required', limit: 100 },
    ],
    ['connections, of a chain of shops', 'connections', { owner: 'tenant_chain', limit: 50 }],
    ['connections, of one owner', 'connections', { owner: 'tenant_1234', limit: 50 }],
    ['connections, of one merchant', 'connections', { merchant: 'mer_1234', limit: 50 }],
    ['deliveries, all', 'deliveries', { limit: 500 }],
    ['deliveries, done', 'deliveries', { status: 'done', limit: 500 }],
  ];
  for (const [title, list, filter] of lists) {
    const { times, rows, doubles } = await worker.ask({ kind: 'page', list, filter });
    // The last page is short.
    const full = times.length > 1 ? times.slice(0, -1) : times;
    const first = median(full.slice(0, 20));
    const last = median(full.slice(-20));
    console.log(
      `  ${title.padEnd(40)} ${String(times.length).padStart(5)} pages of ${filter.limit}, ${rows} rows, ${doubles} twice:` +
        ` first ${first.toFixed(1)} ms, last ${last.toFixed(1)} ms   x${(last / first).toFixed(2)}   goal <= 1.5`,
    );
  }
  await worker.stop();
}

async function addDeliveries(store) {
  await store.query(
    `INSERT INTO flock_delivery (id, source, provider, app, event_id, type, received_at, body, status, finished_at)
     SELECT md5('a' || i) || md5('b' || i), 'webhook', 'flint', 'flint', 'evt_' || i, 'order.created',
       ${Date.now()} - i * 1000, decode(repeat('00', 1500), 'hex'),
       CASE WHEN i % 1000 = 0 THEN 'dead' ELSE 'done' END, 1
     FROM generate_series(1, ${DELIVERIES}) AS series(i)`,
  );
  await store.query('VACUUM (ANALYZE) flock_delivery');
}

export async function run() {
  const small = await openTable(SMALL);
  if (small === undefined) return;
  const large = await openTable(LARGE);
  const { store } = large;
  await addDeliveries(store);
  const [{ size }] = await store.query(
    "SELECT pg_size_pretty(pg_total_relation_size('flock_connection')) AS size",
  );
  console.log(
    `\n${LARGE} connections on PostgreSQL (${size}, seeded in ${large.seconds.toFixed(0)} s), ${DELIVERIES} deliveries;` +
      ' one in five connections is due and held back by a silent endpoint',
  );
  const starts = [await measureStart(small), await measureStart(large)];
  console.log(
    `  start: ${SMALL} rows ${starts[0].ms.toFixed(0)} ms, ${mib(starts[0].memory)}; ${LARGE} rows ${starts[1].ms.toFixed(0)} ms,` +
      ` ${mib(starts[1].memory)}   x${(starts[1].ms / starts[0].ms).toFixed(2)}   (five starts read ${inWords(starts[1].read)})`,
  );
  const idle = await counted(store, async () => {
    const worker = await startWorker(store, { background: true });
    await worker.ask({ kind: 'idle', seconds: IDLE_SECONDS });
    await worker.stop();
  });
  console.log(`  ${IDLE_SECONDS} s of idle ticks read ${inWords(idle.read)}`);
  const ids = (
    await store.query(
      `SELECT id FROM flock_connection WHERE provider = 'flint' AND status = 'active' ORDER BY id LIMIT ${READS}`,
    )
  ).map(({ id }) => id);
  const reader = await startWorker(store, { background: true });
  const reads = await reader.ask({ kind: 'read', ids });
  await reader.stop();
  console.log(
    `  ${ids.length} different tokens read, 64 at once: ${(reads.ms * 1_000).toFixed(0)} us each; ${reads.cached} kept;` +
      ` memory ${mib(reads.before)} before, ${mib(reads.most)} at most, ${mib(reads.after)} after`,
  );
  await measureLists(store);
  await small.store.drop();
  await store.drop();
}
