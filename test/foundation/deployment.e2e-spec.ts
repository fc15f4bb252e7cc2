import { runCommand, startCommand } from '../support/command.js';
import { ALL_DATABASES } from '../support/databases.js';
import { startInstance } from '../support/instance.js';
import type { Instance } from '../support/instance.js';
import { NoisyLogger } from '../support/noisy-logger.js';
import { failureOf, until } from '../support/poll.js';
import { seedConnections } from '../support/seed.js';
import { refreshCalls, startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';

/** Only bounds a failing test. */
const LIMIT = 300_000;
const as = (deploymentId?: string) => ({ flock: { deploymentId, renew: 'always' as const } });

describe.each(ALL_DATABASES)('copies and restored stores on %s', (name, open) => {
  let suite: Suite;
  let logger: NoisyLogger;
  const running: Instance[] = [];

  const begin = async (deploymentId?: string) => {
    logger = new NoisyLogger();
    suite = await startSuite(open, {
      logger,
      flock: { background: false, ...(deploymentId !== undefined && { deploymentId }) },
    });
    suite.sandbox.flint.settings.grace = { kind: 'none' };
  };
  afterEach(async () => {
    for (const instance of running.splice(0)) await instance.stop();
    await suite.stop();
  });
  const start = async (deploymentId?: string): Promise<Instance> => {
    const instance = await startInstance(suite, as(deploymentId));
    running.push(instance);
    return instance;
  };
  const makeDue = () =>
    suite.database.sql("UPDATE flock_connection SET due_at = 1 WHERE status = 'active'");

  it(
    "P23, P37: a copy of another deployment's store spends nothing until it is adopted; then nobody else does",
    async () => {
      await begin('production');
      const { id } = await suite.connect();
      await suite.renew(id);
      await makeDue();
      await suite.database.sql('UPDATE flock_delivery SET due_at = 1');
      const calls = refreshCalls(suite).length;

      const [staging, nobody] = await Promise.all([start('staging'), start()]);
      for (const stranger of [staging, nobody]) {
        // Neither a token that still holds nor a new one.
        expect((await stranger.getAccessToken(id)).errors).toEqual(['store_not_adopted']);
        const fresh = await stranger.getAccessToken(id, 1, { minValiditySeconds: 1e9 });
        expect(fresh.errors).toEqual(['store_not_adopted']);
        expect(await stranger.health()).toMatchObject({
          status: 'down',
          adopted: false,
          store: true,
        });
      }
      // Their schedulers have looked at least twice by the time the feed has.
      const [{ n } = { n: 0 }] = await suite.database.sql(
        "SELECT COUNT(*) AS n FROM flock_delivery WHERE status = 'pending'",
      );
      expect(Number(n)).toBeGreaterThan(0);
      expect(refreshCalls(suite)).toHaveLength(calls);
      expect((await runCommand(suite, as('staging'), 'check')).end).toBe(1);
      expect(refreshCalls(suite)).toHaveLength(calls);

      const adopting = await runCommand(suite, as('staging'), 'adopt', 'staging');
      expect(adopting.end).toBe(0);
      expect(adopting.events[0]).toMatchObject({ was: 'production', name: 'staging' });
      await until(async () => {
        const { code } = await failureOf(suite.tokens.getAccessToken(id)).catch(() => ({
          code: '',
        }));
        return code === 'store_not_adopted';
      });
      expect(suite.tokens.peek(id)).toBeUndefined();
      await until(() =>
        logger.lines.some((line) => line.includes('belongs to deployment "staging"')),
      );
      // Staging goes on without a restart: renewals and deliveries.
      await until(async () => (await staging.health()).adopted);
      await until(() => refreshCalls(suite).length > calls);
      expect((await staging.getAccessToken(id)).errors).toEqual([]);
      expect((await nobody.getAccessToken(id)).errors).toEqual(['store_not_adopted']);
      const events = await suite.database.sql(
        "SELECT outcome, reason FROM flock_event WHERE action = 'deployment' ORDER BY at",
      );
      expect(events).toEqual([
        { outcome: 'claimed', reason: 'production' },
        { outcome: 'adopted', reason: 'staging, was production' },
      ]);
      expect(suite.sandbox.flint.audit()).toMatchObject({ overlaps: 0, reuse: 0 });
    },
    LIMIT,
  );

  // Nothing here differs from one database to another.
  if (name === 'sqlite') {
    it(
      'P23: a store with tokens that nobody claimed is not taken by starting on it; who ran before goes on',
      async () => {
        await begin();
        const { id } = await suite.connect();
        const staging = await start('staging');
        expect((await staging.getAccessToken(id)).errors).toEqual(['store_not_adopted']);
        expect((await runCommand(suite, as('production'), 'adopt', '--yes')).end).toBe(0);
        const production = await start('production');
        expect((await production.getAccessToken(id)).errors).toEqual([]);
        // Started before, without an id: a deploy that brings the id cuts nobody off.
        expect(await suite.renew(id)).toBeTruthy();
        expect((await staging.getAccessToken(id)).errors).toEqual(['store_not_adopted']);

        // From the very commit on nobody else spends, whatever an instance remembers.
        for (const instance of running.splice(0)) await instance.stop();
        const calls = refreshCalls(suite).length;
        await suite.database.sql("UPDATE flock_deployment SET name = 'elsewhere'");
        expect((await failureOf(suite.renew(id))).code).toBe('store_not_adopted');
        expect(refreshCalls(suite)).toHaveLength(calls);
      },
      LIMIT,
    );
  }

  it(
    'P24: a restored store: nothing is renewed unseen, canaries stop at the dead, the rest is untouched',
    async () => {
      await begin('one');
      const grants = suite.sandbox.flint.issue({ count: 12 });
      const ids = (
        await seedConnections(
          suite,
          grants,
          grants.map((_grant, index) => `a-${index}`),
        )
      ).sort();
      const backup = await suite.database.sql(
        'SELECT id, token_set, token_version, refreshed_at, expires_at FROM flock_connection',
      );
      // The first eight rotate after the backup; reuse of what they had is found out.
      const spent = ids.slice(0, 8);
      for (const id of spent) await suite.renew(id);
      for (const row of backup) {
        await suite.database.sql(
          'UPDATE flock_connection SET token_set = ?, token_version = ?, refreshed_at = ?, expires_at = ? WHERE id = ?',
          [row.token_set, row.token_version, row.refreshed_at, row.expires_at, row.id],
        );
      }
      await makeDue();
      await suite.database.sql('UPDATE flock_delivery SET status = ?', ['done']);
      suite.sandbox.reset();
      expect((await runCommand(suite, as('two'), 'adopt', 'two', '--restored')).end).toBe(0);
      const two = await start('two');
      const statuses = async () => {
        const rows = await suite.database.sql(
          'SELECT id, status, status_reason, token_version FROM flock_connection ORDER BY id',
        );
        return rows.map((row) =>
          row.status === 'active'
            ? `active ${Number(row.token_version)}`
            : String(row.status_reason),
        );
      };

      const checked = await runCommand(
        suite,
        as('two'),
        'check',
        '--rate',
        '100',
        '--canaries',
        '3',
      );
      expect(checked.end).toBe(1);
      expect(checked.events).toContainEqual(
        expect.objectContaining({
          event: 'checked',
          live: 0,
          reauthorization_required: 3,
          unknown: 0,
          remaining: 9,
        }),
      );
      expect(checked.events.at(-1)).toMatchObject({ event: 'stopped', why: 'dead' });
      // The scheduler of a running instance, to which all are due, has left them alone.
      expect(refreshCalls(suite)).toHaveLength(3);
      expect(await statuses()).toEqual([
        ...Array<string>(3).fill('rotation_lost'),
        ...backup.slice(3).map(({ token_version: version }) => `active ${Number(version)}`),
      ]);
      // Who uses one renews it, checked or not.
      const last = ids.at(-1) as string;
      expect((await two.getAccessToken(last, 1, { minValiditySeconds: 1e9 })).errors).toEqual([]);

      const all = await runCommand(suite, as('two'), 'check', '--rate', '100', '--stop-at', '1');
      expect(all.events).toContainEqual(
        expect.objectContaining({
          event: 'checked',
          live: 3,
          reauthorization_required: 5,
          unknown: 0,
          remaining: 0,
        }),
      );
      expect(all.events.at(-1)).toMatchObject({ event: 'finished' });
      expect((await statuses()).filter((one) => one === 'rotation_lost')).toHaveLength(8);
      expect(suite.sandbox.flint.audit().spentMoreThanOnce.size).toBe(0);
      // Background renewals go on.
      const calls = refreshCalls(suite).length;
      await makeDue();
      await until(() => refreshCalls(suite).length >= calls + 4);
    },
    LIMIT,
  );
});

describe('a check, part by part', () => {
  let suite: Suite;
  let ids: readonly string[];
  const two = { flock: { deploymentId: 'two', background: false } };
  beforeEach(async () => {
    const [, open] = ALL_DATABASES[0] as (typeof ALL_DATABASES)[number];
    suite = await startSuite(open, { flock: { background: false, deploymentId: 'one' } });
    const grants = suite.sandbox.flint.issue({ count: 6 });
    const accounts = grants.map((_grant, index) => `a-${index}`);
    ids = (await seedConnections(suite, grants, accounts)).sort();
    expect((await runCommand(suite, two, 'adopt', 'two', '--restored')).end).toBe(0);
    suite.sandbox.reset();
  });
  afterEach(() => suite.stop());

  /** How it ended, what it counted, and what it said last. */
  const check = async (...options: string[]) => {
    const { end, events } = await runCommand(suite, two, 'check', '--rate', '100', ...options);
    const of = (event: string) => events.find((one) => one.event === event);
    const { live, unknown, remaining } = of('checked') ?? {};
    const { event, why } = events.at(-1) ?? {};
    return { end, live, unknown, remaining, event, why, listed: of('connection')?.reason };
  };
  /** Each connection is asked about twice, as its claim still holds. */
  const noAnswers = (connections: number) =>
    suite.sandbox.faults.add({
      on: 'token.refresh',
      times: 2 * connections,
      fault: { kind: 'status', status: 500 },
    });

  it(
    'P35: stops where the provider gives no clear answer as often in a row as there are canaries',
    async () => {
      // Two that failed a moment ago and may not be tried yet.
      const [first, , third] = ids;
      await suite.database.sql('UPDATE flock_connection SET retry_at = ? WHERE id IN (?, ?)', [
        Date.now() + 3_600_000,
        first,
        third,
      ]);
      const counts = { end: 1, unknown: 2, remaining: 2 };
      expect(await check('--canaries', '2')).toMatchObject({ ...counts, live: 4, event: 'left' });
      // The others are checked: now they follow one another.
      expect(await check('--canaries', '2')).toMatchObject({
        ...counts,
        live: 0,
        event: 'stopped',
        why: 'silent',
      });
      await suite.database.sql('UPDATE flock_connection SET retry_at = NULL');
      noAnswers(1);
      expect(await check('--canaries', '1')).toMatchObject({
        ...counts,
        unknown: 1,
        event: 'stopped',
        why: 'silent',
      });
    },
    LIMIT,
  );

  it(
    'P35: parts go on with what is not checked; the end is a run without --provider',
    async () => {
      const part = { end: 0, unknown: 0, event: 'left' };
      expect(await check('--limit', '2')).toMatchObject({ ...part, live: 2, remaining: 4 });
      expect(await check('--limit', '1', '--provider', 'flint')).toMatchObject({
        ...part,
        live: 1,
        remaining: 3,
      });
      // What stays unknown is listed, and keeps the restore open.
      noAnswers(1);
      expect(await check()).toMatchObject({
        end: 1,
        live: 2,
        unknown: 1,
        remaining: 1,
        event: 'left',
        listed: 'provider_unavailable',
      });
      const all = { live: 1, remaining: 0 };
      expect(await check('--provider', 'flint')).toMatchObject({ ...part, ...all });
      expect(await check()).toMatchObject({ end: 0, live: 0, remaining: 0, event: 'finished' });
      expect(refreshCalls(suite)).toHaveLength(6 + 2);
      expect(suite.sandbox.flint.audit()).toMatchObject({ overlaps: 0, reuse: 0 });
    },
    LIMIT,
  );
});

describe('the commands themselves', () => {
  let suite: Suite;
  beforeAll(async () => {
    const [, open] = ALL_DATABASES[0] as (typeof ALL_DATABASES)[number];
    suite = await startSuite(open, { flock: { background: false } });
    await suite.connect();
  });
  afterAll(() => suite.stop());

  it.each([
    [['nonsense'], 2, 'There is no command "nonsense".'],
    [['reseal', '--fast'], 2, "Unknown option '--fast'"],
    [['reseal', '--rows-per-second', 'x'], 2, 'expected a whole number from 1'],
    [['adopt'], 2, 'Which deployment?'],
    [['adopt', 'a b'], 2, 'The deployment id is not usable'],
    [['check', '--provider', 'nobody'], 1, 'no provider "nobody"'],
  ])('%j ends with %i and says why', async (argv, code, words) => {
    const { end, lines, errors } = await startCommand(suite, {}, ...argv).ended;
    expect({ end, lines }).toEqual({ end: code, lines: [] });
    expect(errors).toContain(words);
    expect(errors.includes('Usage: flock')).toBe(code === 2);
  });

  it('status says what is in the store, and no secret', async () => {
    const { end, events, lines } = await runCommand(suite, {}, 'status');
    expect(end).toBe(0);
    expect(events).toContainEqual({
      event: 'connections',
      provider: 'flint',
      app: 'flint',
      environment: 'test',
      status: 'active',
      count: 1,
    });
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'key', id: 'dev', seals: true }),
    );
    expect(events).toContainEqual({ event: 'deliveries', status: 'pending', count: 1 });
    expect(lines.join()).not.toContain(suite.sandbox.flint.app.client_secret);
  });

  it('a database that is not there is an error in one sentence', async () => {
    const gone = { databaseUrl: 'postgres://nobody@127.0.0.1:1/none' };
    const { end, errors } = await startCommand(suite, gone, 'status').ended;
    expect(end).toBe(1);
    expect(errors.trim().split('\n')).toHaveLength(2);
  });
});
