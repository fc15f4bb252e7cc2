// Verified, deduplicated and durable before the answer, against a route that only holds the raw body
// and against an insert per request through TypeORM: three routes of one app.
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { compare, print } from './statistics.mjs';

const require = createRequire(import.meta.url);
const ROUNDS = 7;
const ROUND_MS = 1_000;
const WEBHOOK_SECRET = `whsec_${randomBytes(32).toString('base64')}`;

const RAW = 'the raw body, held';
const OURS = 'verified, deduplicated, durable';
const TYPEORM = 'verified, TypeORM insert orIgnore per request';
const PATHS = { [RAW]: '/raw', [OURS]: '/flint/webhooks', [TYPEORM]: '/typeorm' };
const TABLES = { [OURS]: 'flock_delivery', [TYPEORM]: 'plain_delivery' };
const GOALS = { express: '>= 0.80', fastify: '>= 0.40' };

/** The load in a process of its own; `round()` gives the answers of one round. */
function startLoad() {
  const child = fork(new URL('webhook-load.mjs', import.meta.url));
  let atMost = 4_000;
  return {
    async round(order) {
      child.send({ secret: WEBHOOK_SECRET, ms: ROUND_MS, atMost, ...order });
      const [{ result, error }] = await once(child, 'message');
      if (error !== undefined) throw new Error(error);
      if (!result.ranOut) return result;
      atMost *= 2;
      return { ...result, tooShort: true };
    },
    stop: () => child.kill(),
  };
}

async function startReceiver(settings) {
  const child = fork(
    new URL('webhook-host.mjs', import.meta.url),
    [JSON.stringify({ webhookSecret: WEBHOOK_SECRET, ...settings })],
    { execArgv: settings.execArgv ?? [] },
  );
  const [{ port }] = await once(child, 'message');
  return {
    port,
    stop: async () => {
      child.send('stop');
      await once(child, 'exit');
    },
  };
}

/** What lies in the database, seen from outside. */
async function openStore(databaseUrl) {
  if (databaseUrl.startsWith('postgres')) {
    const { Client } = require('pg');
    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    return {
      count: async (table, where = 'true') =>
        Number((await client.query(`SELECT count(*) FROM ${table} WHERE ${where}`)).rows[0].count),
      close: () => client.end(),
    };
  }
  const Database = require('better-sqlite3');
  const file = databaseUrl.slice('sqlite:'.length);
  const files = { flock_delivery: file, plain_delivery: file.replace('flock.', 'plain.') };
  return {
    count: async (table, where = 'true') => {
      const database = new Database(files[table], { readonly: true, timeout: 10_000 });
      const { n } = database.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${where}`).get();
      database.close();
      return n;
    },
    close: async () => undefined,
  };
}

/** Measures one route; every answer must be 2xx, and every one a row. */
function measure(name, { load, receiver, store, counts }) {
  const order = { port: receiver.port, path: PATHS[name] };
  const table = TABLES[name];
  return async () => {
    for (;;) {
      const before = table === undefined ? 0 : await store.count(table);
      const { rate, accepted, refused, tooShort } = await load.round(order);
      const rows = table === undefined ? 0 : (await store.count(table)) - before;
      if (table !== undefined) {
        const sum = (counts[name] ??= { rounds: 0, answers: 0, rows: 0, unequal: 0 });
        sum.rounds += 1;
        sum.answers += accepted;
        sum.rows += rows;
        if (rows !== accepted) sum.unequal += 1;
      }
      if (refused > 0) console.log(`  ${name}: ${refused} answers other than 2xx`);
      // The load had too few requests ready: once more with twice as many.
      if (!tooShort) return rate;
    }
  };
}

function printCounts(counts) {
  for (const [name, { rounds, answers, rows, unequal }] of Object.entries(counts)) {
    const verdict = unequal === 0 ? 'equal in each' : `NOT equal in ${unequal}`;
    console.log(`  ${name}: ${answers} answers 2xx, ${rows} rows, ${verdict} of ${rounds} rounds`);
  }
}

async function runOn(database, adapter, databaseUrl) {
  const directory = mkdtempSync(join(tmpdir(), 'flock-bench-'));
  const settings = {
    adapter,
    directory,
    databaseUrl: databaseUrl ?? `sqlite:${join(directory, 'flock.sqlite')}`,
  };
  const load = startLoad();
  try {
    await runIngest(`${database}, Nest on ${adapter}`, { load, settings });
    await runHandling({ load, settings });
  } finally {
    load.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function runIngest(title, { load, settings }) {
  const receiver = await startReceiver({ ...settings, background: false });
  const store = await openStore(settings.databaseUrl);
  const counts = {};
  const cases = Object.keys(PATHS).map((name) => [
    name,
    measure(name, { load, receiver, store, counts }),
  ]);
  for (const [, work] of cases) await work();
  const rows = await compare(cases, ROUNDS);
  const goals = settings.databaseUrl.startsWith('postgres')
    ? { [OURS]: GOALS[settings.adapter] }
    : {};
  print(`Webhooks on ${title}, 64 connections, 2 KB`, rows, 'req/s', goals);
  const [, ours, usual] = rows;
  console.log(
    `  more than TypeORM's insert: ${(ours.each / usual.each).toFixed(1)} times   goal >= 2`,
  );
  printCounts(counts);
  await store.close();
  await receiver.stop();
}

/** For information: a handler for each in the same process, which takes what is left of it. */
async function runHandling({ load, settings }) {
  const receiver = await startReceiver({ ...settings, background: true });
  const store = await openStore(settings.databaseUrl);
  const pending = () => store.count('flock_delivery', "status = 'pending'");
  // What the rounds before have left is handled first.
  const drained = async () => {
    const [left, since] = [await pending(), performance.now()];
    while ((await pending()) > 0) await wait(50);
    return left / ((performance.now() - since) / 1_000);
  };
  const alone = await drained();
  const counts = {};
  const measured = (name) => {
    const work = measure(name, { load, receiver, store, counts });
    return async () => {
      const rate = await work();
      await drained();
      return rate;
    };
  };
  const rows = await compare(
    [RAW, OURS].map((name) => [name, measured(name)]),
    3,
  );
  print('  with one handler for each in the same process (for information)', rows, 'req/s');
  console.log(`  handled while nothing arrives: ${alone.toFixed(0)} a second`);
  printCounts(counts);
  await store.close();
  await receiver.stop();
}

export async function run() {
  for (const adapter of ['express', 'fastify']) await runOn('SQLite', adapter);
  const { TEST_POSTGRES_URL: server } = process.env;
  if (server === undefined) {
    console.log('\nPostgreSQL left out: name a server in TEST_POSTGRES_URL.');
    return;
  }
  const { Client } = require('pg');
  const admin = new Client({ connectionString: server });
  await admin.connect();
  try {
    for (const adapter of ['express', 'fastify']) {
      const name = `flock_bench_${process.pid}_${adapter}`;
      await admin.query(`CREATE DATABASE ${name}`);
      const url = new URL(server);
      url.pathname = `/${name}`;
      try {
        await runOn('PostgreSQL', adapter, url.href);
      } finally {
        await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      }
    }
  } finally {
    await admin.end();
  }
}
