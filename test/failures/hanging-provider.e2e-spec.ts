import type { TokenCall } from '@nest-flock/sandbox';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { RenewalScheduler } from '../../libs/core/src/token/renewal/renewal.scheduler.js';
import { DATABASES } from '../support/databases.js';
import { until } from '../support/poll.js';
import { seedConnections } from '../support/seed.js';
import { refreshCalls, startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';

/** Renewals at once, of one environment and instance. */
const SLOTS = 16;
const DUE = 300;
const BACKLOG = 1_000;

/** The greatest number of calls that were under way together. */
function mostAtOnce(calls: readonly TokenCall[]): number {
  const changes = calls.flatMap(({ startedAt, endedAt = Infinity }) => [
    { at: startedAt, by: 1 },
    { at: endedAt, by: -1 },
  ]);
  changes.sort((a, b) => a.at - b.at || a.by - b.by);
  let now = 0;
  let most = 0;
  for (const { by } of changes) most = Math.max(most, (now += by));
  return most;
}

const spent = (suite: Suite) =>
  new Set(refreshCalls(suite).map(({ token_fingerprint }) => token_fingerprint)).size;

describe.each(DATABASES)('a provider in trouble on %s', (_, open) => {
  let suite: Suite;
  let ids: readonly string[];

  const start = async (count: number) => {
    suite = await startSuite(open, {
      flock: { background: false, renewal: { httpTimeoutMs: 2_000, probeIntervalMs: 400 } },
    });
    suite.sandbox.flint.settings.grace = { kind: 'until_used' };
    const grants = suite.sandbox.flint.issue({ count });
    ids = await seedConnections(
      suite,
      grants,
      grants.map(() => randomUUID()),
    );
    suite.sandbox.reset();
    await suite.database.sql('UPDATE flock_connection SET due_at = 1');
  };
  afterEach(() => suite.stop());

  const allActive = async () => {
    const rows = await suite.database.sql('SELECT status FROM flock_connection');
    expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(['active']));
    expect(rows).toHaveLength(ids.length);
  };
  /** However long that takes: the limit of the test bounds it. */
  const allRenewed = async () => {
    for (;;) {
      const [row] = await suite.database.sql(
        'SELECT COUNT(*) AS n FROM flock_connection WHERE token_version = 1',
      );
      if (Number(row?.n) === 0) return;
      await wait(50);
    }
  };

  it(`F21, F30: hangs: of ${DUE} due tokens only those in flight and the probes are spent; ${BACKLOG} are drained when it is back`, async () => {
    await start(BACKLOG);
    // The others come due later.
    await suite.database.sql('UPDATE flock_connection SET due_at = NULL');
    const [first] = await suite.database.sql(
      `SELECT id FROM flock_connection ORDER BY id LIMIT 1 OFFSET ${DUE}`,
    );
    await suite.database.sql('UPDATE flock_connection SET due_at = 1 WHERE id < ?', [first?.id]);
    const hanging = suite.sandbox.faults.add({
      on: 'token.refresh',
      times: Infinity,
      fault: { kind: 'hang' },
    });
    await suite.another({
      flock: { background: true, renewal: { httpTimeoutMs: 300, probeIntervalMs: 400 } },
    });
    await until(async () => (await suite.database.sql('SELECT * FROM flock_circuit')).length > 0);
    const opened = () =>
      suite.database.sql(
        "SELECT id FROM flock_event WHERE action = 'endpoint' AND outcome = 'stopped'",
      );
    await until(async () => (await opened()).length === 1);
    // Four more looks of the scheduler that send something: probes, one each.
    let probes = 0;
    let seen = spent(suite);
    const before = seen;
    expect(before).toBeLessThanOrEqual(SLOTS);
    await until(() => {
      const now = spent(suite);
      if (now > seen) probes += now - seen;
      seen = now;
      return probes >= 2;
    });
    expect(mostAtOnce(refreshCalls(suite))).toBeLessThanOrEqual(SLOTS);
    await allActive();
    // It is back, and everything is due.
    hanging.remove();
    suite.sandbox.faults.clear();
    suite.sandbox.reset();
    // Not long ago: the scheduler looks below its remembered bound only now and then.
    await suite.database.sql('UPDATE flock_connection SET due_at = ?, retry_at = NULL', [
      Date.now(),
    ]);
    await allRenewed();
    await allActive();
    expect(mostAtOnce(refreshCalls(suite))).toBeLessThanOrEqual(SLOTS);
    expect(suite.sandbox.flint.audit()).toMatchObject({ overlaps: 0, reuse: 0 });
    // Spread out again.
    const rows = await suite.database.sql('SELECT due_at FROM flock_connection');
    expect(new Set(rows.map(({ due_at }) => String(due_at))).size).toBeGreaterThan(BACKLOG / 4);
  }, 180_000);

  it(`F19: asks ${DUE} due renewals to come later: it is not asked for each of them again and again`, async () => {
    await start(DUE);
    const limited = suite.sandbox.faults.add({
      on: 'token.refresh',
      times: Infinity,
      fault: { kind: 'rate_limit', retryAfter: 4 },
    });
    const worker = await suite.another({ flock: { background: true } });
    const ticks = jest.spyOn(worker.app.get(RenewalScheduler), 'tick');
    await limited.reached;
    const before = ticks.mock.calls.length;
    await until(() => ticks.mock.calls.length >= before + 2);
    // What was in flight when the third of them was told, and nothing more.
    expect(refreshCalls(suite).length).toBeLessThanOrEqual(2 * SLOTS);
    limited.remove();
    suite.sandbox.faults.clear();
    await allRenewed();
    await allActive();
    expect(suite.sandbox.flint.audit()).toMatchObject({ overlaps: 0, reuse: 0 });
  });
});
