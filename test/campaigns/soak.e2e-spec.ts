import { soak } from './soak/soak.mjs';

const SEED = Number(process.env.FLOCK_SOAK_SEED ?? 4711);
/** Misfortunes go on for so long; starting and settling come on top. */
const SECONDS = 9;
/** Only bounds a failing test. */
const LIMIT = 180_000;

// One database is enough here: `npm run soak` is the long form, and on each of them.
const onPostgres = process.env.TEST_POSTGRES_URL === undefined ? describe.skip : describe;

onPostgres('hosts with all five providers on postgres', () => {
  it(
    `keep every promise while processes die, connections are cut and token endpoints fail; random numbers from ${SEED}`,
    async () => {
      const { violations, summary } = await soak({
        seconds: SECONDS,
        database: 'postgres',
        processes: 3,
        seed: SEED,
        size: 'short',
      });
      expect(violations).toEqual([]);
      expect(summary.misfortunes.kill).toBeGreaterThan(0);
      expect(summary.faults).toBeGreaterThan(0);
      expect(summary.tokenCalls).toBeGreaterThan(0);
      expect(summary.apiCalls).toBeGreaterThan(0);
    },
    LIMIT,
  );
});
