// Everything due at once: a hundred thousand Flint tokens, drained by one, two and four processes.
import { setTimeout as wait } from 'node:timers/promises';
import { UndiciTokenTransport } from '../libs/core/dist/esm/foundation/http/undici-token-transport.js';
import { tokenSetPlace } from '../libs/core/dist/esm/connection/seal-places.js';
import { SealingService } from '../libs/core/dist/esm/foundation/sealing/sealing.service.js';
import { startChild } from './child.mjs';
import { startScaleHost } from './scale-host.mjs';
import { openStore, seed } from './scale-store.mjs';

const COUNT = Number(process.env.BENCH_ROWS ?? 100_000);
const PROCESSES = [1, 2, 4];
const HOUR = 3_600_000;
const MIB = 1_048_576;
const IN_FLIGHT = 32;

/** The same call without claim, seal and commit; renewals a second. */
async function callsAlone(url) {
  const transport = new UndiciTokenTransport();
  const request = {
    url: `${url}/alone`,
    method: 'POST',
    headers: {
      authorization: 'Basic YTpi',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=refresh_token&refresh_token=rt_0_0',
  };
  const calls = 20_000;
  let left = calls;
  const drive = async () => {
    while (left-- > 0) JSON.parse((await transport.send(request, 10_000)).body);
  };
  const run = async () => {
    left = calls;
    const started = performance.now();
    await Promise.all(Array.from({ length: IN_FLIGHT }, drive));
    return calls / ((performance.now() - started) / 1_000);
  };
  await run();
  const rate = await run();
  await transport.close();
  return rate;
}

/** From the commit that makes them due to the last one stored. */
async function drain({ store, server, url, count }) {
  const settings = { databaseUrl: store.url, dataDir: store.directory, baseUrl: url };
  const children = [];
  for (let index = 0; index < count; index += 1) {
    children.push(await startChild('drain-worker.mjs', settings));
  }
  const issuedBefore = (await server.ask({})).issued;
  const from = Date.now() - HOUR;
  await store.query(
    `UPDATE flock_connection SET due_at = ${from} + floor(random() * ${0.9 * HOUR}) WHERE provider = 'flint'`,
  );
  const started = performance.now();
  for (;;) {
    const [{ n }] = await store.query(
      `SELECT COUNT(*) AS n FROM (SELECT 1 FROM flock_connection WHERE provider = 'flint' AND app = 'flint'
         AND environment = 'live' AND due_at < ${from + HOUR} LIMIT 1) due`,
    );
    if (Number(n) === 0) break;
    if (performance.now() - started > 300_000) break;
    await wait(100);
  }
  const seconds = (performance.now() - started) / 1_000;
  const reports = [];
  for (const child of children) {
    reports.push({ before: child.ready.memory, ...(await child.ask({})) });
    await child.stop();
  }
  const { issued, spentTwice } = await server.ask({});
  return { seconds, reports, spentTwice, renewed: issued - issuedBefore };
}

/** Connections whose stored refresh token is not the one that the server takes next. */
async function countLost(store, server) {
  const { turns } = await server.ask({ all: true });
  const good = new Map(turns);
  const host = await startScaleHost({
    flock: { databaseUrl: store.url, dataDir: store.directory, background: false },
  });
  const sealing = host.get(SealingService);
  let lost = 0;
  let after = '';
  for (;;) {
    const rows = await store.query(
      `SELECT id, account, token_set FROM flock_connection
       WHERE provider = 'flint' AND id > '${after}' ORDER BY id LIMIT 5000`,
    );
    for (const { id, account, token_set: sealed } of rows) {
      const number = Number(account.split('_')[1]);
      const { refreshToken } = JSON.parse(sealing.open(tokenSetPlace(id), sealed));
      if (refreshToken !== `rt_${number}_${good.get(number) ?? 0}`) lost += 1;
    }
    if (rows.length < 5_000) break;
    after = rows.at(-1).id;
  }
  await host.close();
  return lost;
}

export async function run() {
  const store = await openStore('postgres');
  if (store === undefined) return;
  const server = await startChild('single-use-server.mjs');
  const url = `http://127.0.0.1:${server.ready.port}`;
  try {
    const seconds = await seed(store, COUNT, { only: 'flint' });
    console.log(
      `\nDrain of ${COUNT} due Flint tokens on postgres, seeded in ${seconds.toFixed(0)} s. The processes share` +
        '\nthe cores with the token server and the database, so that more of them add little here.',
    );
    const alone = await callsAlone(url);
    console.log(`  the HTTP call alone, ${IN_FLIGHT} at once: ${alone.toFixed(0)} a second`);
    let first;
    for (const count of PROCESSES) {
      const found = await drain({ store, server, url, count });
      const rate = found.renewed / found.seconds;
      first ??= rate;
      const memory = found.reports.map(
        (report) =>
          `${(report.before / MIB).toFixed(0)} -> ${(report.memory / MIB).toFixed(0)} MiB`,
      );
      console.log(
        `  ${count} process${count === 1 ? '  ' : 'es'}  ${rate.toFixed(0)} renewals/s   x${(rate / first).toFixed(2)} of one,` +
          ` x${(alone / rate).toFixed(2)} of the time of the call alone   ${found.renewed} renewed, spent twice: ${found.spentTwice},` +
          ` lost: ${await countLost(store, server)}   most calls at once: ${found.reports.map(({ most }) => most).join(', ')}` +
          `   memory at most: ${memory.join(', ')}`,
      );
      await store.analyze();
    }
  } finally {
    await server.stop();
    await store.drop();
  }
}
