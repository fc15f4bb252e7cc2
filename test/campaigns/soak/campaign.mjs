// npm run soak -- [--minutes 20] [--database postgres|mariadb|sqlite] [--redis] [--processes 4]
//   [--size full|short] [--seed n] [--write]
// Hosts with all five providers at work while processes die, connections are cut and token endpoints
// fail; in the end every promise is checked against the record of the sandbox and the store. The
// servers are those of TEST_POSTGRES_URL and TEST_MARIADB_URL. `--write` keeps the result in
// bench/soak-last-run.txt. The exit code is 1 when a promise was broken.
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { soak } from './soak.mjs';
import { tableLines } from './table.mjs';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    database: { type: 'string', default: 'postgres' },
    redis: { type: 'boolean', default: false },
    processes: { type: 'string', default: '4' },
    size: { type: 'string', default: 'full' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    write: { type: 'boolean', default: false },
  },
});
const { minutes, database, redis, processes, size, seed, write } = values;
const again =
  `npm run soak -- --minutes ${minutes} --database ${database} --processes ${processes} ` +
  `--size ${size} --seed ${seed}${redis ? ' --redis' : ''}`;

const began = performance.now();
const say = (text) =>
  console.log(`${((performance.now() - began) / 1_000).toFixed(0).padStart(5)} s  ${text}`);

say(again);
const { table, violations, summary, evidence } = await soak({
  seconds: Number(minutes) * 60,
  database,
  redis,
  processes: Number(processes),
  size,
  seed: Number(seed),
  report: say,
});
const lines = [
  ...tableLines(table),
  '',
  JSON.stringify(summary, null, 2),
  violations.length === 0 ? 'PASS' : `FAIL: ${violations.length} violations`,
  `again: ${again}`,
  '',
];
console.log(lines.join('\n'));
if (violations.length > 0) {
  const file = join(tmpdir(), `soak-${seed}.json`);
  const maps = (_key, value) => (value instanceof Map ? Object.fromEntries(value) : value);
  writeFileSync(file, JSON.stringify({ violations, ...evidence }, maps));
  console.log(`What was seen is in ${file}.`);
}
if (write)
  writeFileSync(new URL('../../../bench/soak-last-run.txt', import.meta.url), lines.join('\n'));
process.exit(violations.length === 0 ? 0 : 1);
