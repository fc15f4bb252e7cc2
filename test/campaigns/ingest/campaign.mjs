// npm run build && node test/campaigns/ingest/campaign.mjs [--deliveries 10000] [--kills 50]
//   [--database sqlite|postgres] [--start n]
// Deliveries arrive at three hosts on one database while one after the other is killed with SIGKILL.
// Without --database, both; PostgreSQL is the server of TEST_POSTGRES_URL. The same --start makes the
// same choices. What is printed goes to last-run.txt as well.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { storm } from './storm.mjs';

const { FLOCK_INGEST_DELIVERIES: wanted = '10000', TEST_POSTGRES_URL: server } = process.env;
const { values } = parseArgs({
  options: {
    deliveries: { type: 'string', default: wanted },
    kills: { type: 'string' },
    database: { type: 'string' },
    start: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const deliveries = Number(values.deliveries);
const kills = Number(values.kills ?? Math.max(6, Math.round(deliveries / 200)));
const kinds =
  values.database === undefined
    ? ['sqlite', ...(server === undefined ? [] : ['postgres'])]
    : [values.database];
const SHOWN = 20;

const printed = [];
const print = (text) => {
  console.log(text);
  printed.push(text);
};

for (const kind of kinds) {
  const began = performance.now();
  const say = (text) =>
    print(`${((performance.now() - began) / 1_000).toFixed(0).padStart(5)} s  ${text}`);
  say(`${kind}: ${deliveries} deliveries, ${kills} kills, random numbers from ${values.start}`);
  const { violations, summary } = await storm({
    kind,
    deliveries,
    kills,
    start: values.start,
    report: say,
  });
  print(JSON.stringify(summary, null, 2));
  for (const violation of violations.slice(0, SHOWN)) print(`VIOLATION ${violation}`);
  if (violations.length > SHOWN) print(`and ${violations.length - SHOWN} more`);
  print(
    violations.length === 0
      ? `PASS: ${summary.answered} answered and handled, ${summary.kills} kills on ${kind}.\n`
      : `FAIL: ${violations.length} violations on ${kind}.\n`,
  );
  if (violations.length > 0) process.exitCode = 1;
}
writeFileSync(new URL('last-run.txt', import.meta.url), printed.join('\n'));
