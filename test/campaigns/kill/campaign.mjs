// npm run test:kill -- [--connections 10000] [--kills 200] [--database sqlite|postgres|mariadb]
//   [--grace until_used|none] [--seed n]
// Kills processes in the middle of renewals, lets a clean one recover, and checks what was promised.
import { parseArgs } from 'node:util';
import { telling } from '../support/telling.mjs';
import { addWeather, killAtRandom, PATIENT, seeded } from './kills.mjs';
import { createWorld } from './world.mjs';

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '10000' },
    kills: { type: 'string', default: '200' },
    database: { type: 'string', default: 'sqlite' },
    grace: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const SHOWN = 20;

async function campaign(grace) {
  const random = seeded(Number(values.seed));
  const started = performance.now();
  const say = (text) =>
    console.log(`${((performance.now() - started) / 1_000).toFixed(0).padStart(5)} s  ${text}`);
  const world = await createWorld({ database: values.database, grace, policy: PATIENT });
  try {
    say(`grace ${grace}, ${values.database}, seed ${values.seed}`);
    await telling(
      say,
      () => `${world.ids.length} of ${values.connections} connections`,
      world.connect(Number(values.connections)),
    );
    say(`${world.ids.length} connections`);
    addWeather(world, random);
    let left = world.ids.length;
    await telling(
      say,
      () =>
        `${world.kills} kills of at least ${values.kills}, ${world.flightsKilled} renewals in flight at one, ${left} connections untouched`,
      killAtRandom(world, {
        kills: Number(values.kills),
        random,
        report: ({ untouched }) => (left = untouched),
      }),
    );
    say('a clean process renews every connection');
    const { calls } = world.sandbox.flint.audit();
    const results = await telling(
      say,
      () =>
        `${world.sandbox.flint.audit().calls - calls} renewals of ${world.ids.length} connections`,
      world.settle(),
    );
    const { violations, summary } = await world.check(results);
    say('done');
    console.log(JSON.stringify(summary, null, 2));
    for (const violation of violations.slice(0, SHOWN)) console.log(`VIOLATION ${violation}`);
    if (violations.length > SHOWN) console.log(`and ${violations.length - SHOWN} more`);
    console.log(
      violations.length === 0
        ? `PASS: ${summary.connectionsKilledInFlight} connections killed in flight by ${summary.kills} kills, ${summary.lost} lost with grace ${grace}.\n`
        : `FAIL: ${violations.length} violations with grace ${grace}.\n`,
    );
    return violations.length === 0;
  } finally {
    await world.close();
  }
}

for (const grace of values.grace === undefined ? ['until_used', 'none'] : [values.grace]) {
  if (!(await campaign(grace))) process.exitCode = 1;
}
