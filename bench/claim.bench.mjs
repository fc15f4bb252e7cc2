// A claim of 500 due rows in a table of a million against the same in one of ten thousand.
import { Database } from '../libs/core/dist/esm/foundation/database/database.js';
import { ProviderRegistry } from '../libs/core/dist/esm/provider/provider.registry.js';
import { DueConnections } from '../libs/core/dist/esm/token/renewal/due-connections.js';
import { STORE_TOKENS } from '../libs/core/dist/esm/token/renewal/renewal.statements.js';
import { startChild } from './child.mjs';
import { startScaleHost } from './scale-host.mjs';
import { openStore, seed } from './scale-store.mjs';
import { median } from './statistics.mjs';

const SMALL = 10_000;
const LARGE = Number(process.env.BENCH_ROWS ?? 1_000_000);
const LIMIT = 500;
const DUE = 4_000;
const ROUNDS = 5;
const DRAIN_CLAIMS = 200;
const HOUR = 3_600_000;

/** 4,000 connections of the app that is claimed for, and every one of another app, longer overdue. */
function dueAt(rows) {
  const from = Date.now() - HOUR;
  const every = Math.max(1, Math.floor((rows * 0.4365) / DUE));
  let seen = 0;
  let left = DUE;
  return ({ provider, environment }) => {
    if (provider === 'fynd') return from - HOUR * Math.random();
    if (provider !== 'flint' || environment !== 'live') return undefined;
    // The others not before the bench is over.
    if (seen++ % every !== 0 || left === 0) return from + 24 * HOUR;
    left -= 1;
    return from + 0.9 * HOUR * Math.random();
  };
}

async function openTable(kind, rows) {
  const store = await openStore(kind);
  if (store === undefined) return undefined;
  const seconds = await seed(store, rows, { dueAt: dueAt(rows) });
  const workers = [];
  return {
    store,
    rows,
    seconds,
    /** As many processes as asked for; they stay. */
    async workers(count) {
      while (workers.length < count) {
        const settings = { databaseUrl: store.url, dataDir: store.directory };
        workers.push(await startChild('claim-worker.mjs', settings));
      }
      return workers.slice(0, count);
    },
    async drop() {
      for (const worker of workers) await worker.stop();
      await store.drop();
    },
  };
}

/** Everything that is due, claimed by so many processes at once; then given back, and tidied up. */
async function round(table, count) {
  const workers = await table.workers(count);
  const started = performance.now();
  const results = await Promise.all(workers.map((worker) => worker.ask({ limit: LIMIT })));
  const seconds = (performance.now() - started) / 1_000;
  const ids = results.flatMap((result) => result.ids);
  await table.store.query(
    `UPDATE flock_connection SET claim_id = NULL, claim_owner = NULL, claim_until = NULL,
       claim_version = NULL WHERE id IN (${ids.map((id) => `'${id}'`).join(', ')})`,
  );
  await table.store.tidy();
  return {
    times: results.flatMap((result) => result.times),
    rate: ids.length / seconds,
    doubles: ids.length - new Set(ids).size,
    missing: DUE - new Set(ids).size,
  };
}

async function compareSizes(kind, counts, goal) {
  const tables = [await openTable(kind, SMALL)];
  if (tables[0] === undefined) return undefined;
  // MariaDB is for information, and its usual memory is small.
  tables.push(await openTable(kind, kind === 'mariadb' ? Math.min(LARGE, 200_000) : LARGE));
  console.log(
    `\nClaim of ${LIMIT} on ${kind}, ${DUE} due, one in five rows longer overdue in another app` +
      ` (seeded in ${tables.map(({ seconds }) => `${seconds.toFixed(0)} s`).join(' and ')})`,
  );
  for (const count of counts) {
    const found = tables.map(() => []);
    // One round to warm up, then in turn.
    for (let index = 0; index <= ROUNDS; index += 1) {
      for (const which of index % 2 === 0 ? [0, 1] : [1, 0]) {
        const result = await round(tables[which], count);
        if (index > 0) found[which].push(result);
      }
    }
    const each = found.map((results) => median(results.flatMap(({ times }) => times)));
    const rates = found.map((results) => median(results.map(({ rate }) => rate)));
    const sum = (name) => found.flat().reduce((total, result) => total + result[name], 0);
    console.log(
      `  ${count} process${count === 1 ? '  ' : 'es'}  ${tables
        .map(({ rows }, index) => `${rows} rows ${each[index].toFixed(1)} ms`)
        .join(', ')}   growth x${(each[1] / each[0]).toFixed(2)}${goal}` +
        `   ${rates[1].toFixed(0)} rows/s, claimed twice: ${sum('doubles')}, not claimed: ${sum('missing')}`,
    );
  }
  await tables[0].drop();
  return tables[1];
}

/** 200 claims whose rows are stored anew after each, beside a transaction that has seen them all. */
async function drainUnderSnapshot({ store, rows }) {
  const claims = Math.min(DRAIN_CLAIMS, Math.floor((rows * 0.4) / LIMIT));
  const from = Date.now() - HOUR;
  await store.query(
    `UPDATE flock_connection SET due_at = ${from} + floor(random() * ${0.9 * HOUR})
     WHERE id IN (SELECT id FROM flock_connection WHERE provider = 'flint' AND environment = 'live'
       AND status = 'active' ORDER BY id LIMIT ${claims * LIMIT})`,
  );
  await store.analyze();
  const snapshot = await store.another();
  await snapshot.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await snapshot.query('SELECT COUNT(*) FROM flock_circuit');
  const host = await startScaleHost({
    flock: { databaseUrl: store.url, dataDir: store.directory, background: false },
  });
  const due = host.get(DueConnections);
  const database = host.get(Database);
  const queue = { app: host.get(ProviderRegistry).get('flint'), environment: 'live', key: 'bench' };
  const claim = { limit: LIMIT, owner: 'bench', endpoint: '', credential: '', probe: false };
  const times = [];
  for (let index = 0; index < claims; index += 1) {
    const started = performance.now();
    const claimed = await due.claim(queue, claim);
    times.push(performance.now() - started);
    await Promise.all(
      claimed.map((row) =>
        database.write(STORE_TOKENS, {
          id: row.id,
          attempt: row.claim_id,
          generation: row.generation,
          spent: row.token_version,
          token_set: row.token_set,
          scopes: row.scopes,
          expires_at: row.db_now + HOUR,
          due_at: row.db_now + HOUR / 2,
        }),
      ),
    );
  }
  const first = median(times.slice(0, 20));
  const last = median(times.slice(-20));
  due.lookFromTheBeginning();
  const started = performance.now();
  await due.claim(queue, claim);
  console.log(
    `  ${claims} claims beside an old snapshot: first 20 ${first.toFixed(1)} ms, last 20 ${last.toFixed(1)} ms` +
      `   growth x${(last / first).toFixed(2)}   goal <= 1.5   (a look from the beginning, each half minute: ` +
      `${(performance.now() - started).toFixed(0)} ms)`,
  );
  await host.close();
  await snapshot.close();
}

export async function run() {
  const postgres = await compareSizes('postgres', [1, 2, 4], '   goal <= 1.5');
  if (postgres !== undefined) {
    await drainUnderSnapshot(postgres);
    await postgres.drop();
  }
  await (await compareSizes('sqlite', [1], '   goal <= 2.5'))?.drop();
  await (await compareSizes('mariadb', [1, 2, 4], ''))?.drop();
}
