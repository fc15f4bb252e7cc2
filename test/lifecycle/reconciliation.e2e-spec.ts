import { AuditService } from '@nest-flock/core';
import { Reconciliation } from '@nest-flock/core/provider';
import type { ReconcileReport } from '@nest-flock/core/provider';
import type { Sandbox } from '@nest-flock/sandbox';
import { DATABASES } from '../support/databases.js';
import { NoisyLogger } from '../support/noisy-logger.js';
import { failureOf, until } from '../support/poll.js';
import { seedConnections } from '../support/seed.js';
import { startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';

const asDeveloper = ({ flint }: Sandbox) => ({
  developerKey: flint.apiKey,
  partnerAppId: flint.app.partner_app_id,
});

describe.each(DATABASES)('reconciling installs with Flint on %s', (_, open) => {
  let suite: Suite;
  const logger = new NoisyLogger();

  beforeEach(async () => {
    suite = await startSuite(open, { flint: asDeveloper, logger, flock: { background: false } });
  });
  afterEach(() => suite.stop());

  const pass = (options?: { acknowledge?: number }): Promise<ReconcileReport> =>
    suite.host.app.get(Reconciliation).run({ provider: 'flint' }, options);
  const status = async (id: string) => String((await suite.row(id)).status);
  /** Connections of merchants of their own, without a browser. */
  const many = async (count: number): Promise<string[]> => {
    const grants = suite.sandbox.flint.issue({ count });
    return seedConnections(
      suite,
      grants,
      grants.map((_grant, index) => `attempt-${index}`),
    );
  };
  const remote = async (id: string) => await suite.connections.get(id);

  it('ends what the provider says is revoked, by install and by grant, and nothing else', async () => {
    const gone = await suite.connect({ merchant: 'mer_birch' });
    const test = await suite.connect({ mode: 'test' });
    const live = await suite.connect({ mode: 'live' });
    suite.sandbox.flint.revokeInstall(gone.install as string);
    suite.sandbox.flint.revokeGrant(test.account);
    const report = await pass();
    expect(report).toMatchObject({ outcome: 'finished', compared: 3 });
    expect([...report.revoked].sort()).toEqual([gone.id, test.id].sort());
    expect(await Promise.all([gone, test, live].map(({ id }) => status(id)))).toEqual([
      'revoked',
      'revoked',
      'active',
    ]);
    expect(await suite.row(gone.id)).toMatchObject({ status_reason: 'reconciled' });
    expect((await pass()).revoked).toEqual([]);
  });

  it('in pages, however many there are', async () => {
    const ids = await many(230);
    suite.sandbox.flint.revokeGrant((await remote(ids[229] as string)).account);
    const report = await pass();
    expect(report).toMatchObject({ outcome: 'finished', compared: 230, revoked: [ids[229]] });
    const lists = suite.sandbox.flint.apiCalls.filter(({ path }) => path.endsWith('/installs'));
    if (lists.length > 0) expect(lists.length).toBeGreaterThanOrEqual(3);
  });

  it.each(['empty', 'half'] as const)(
    'P12: a list that comes back %s revokes nobody, however often',
    async (installsList) => {
      const ids = await many(12);
      suite.sandbox.flint.settings.installsList = installsList;
      for (let round = 0; round < 3; round += 1) {
        expect(await pass()).toMatchObject({ outcome: 'finished', revoked: [] });
        await suite.database.sql('UPDATE flock_job SET due_at = 0');
      }
      for (const id of ids) expect(await status(id)).toBe('active');
    },
  );

  it.each([401, 403, 404, 500, 503])('a %s to the list revokes nobody', async (answer) => {
    const connection = await suite.connect();
    suite.sandbox.flint.revokeGrant(connection.account);
    const fault = suite.sandbox.faults.add({
      on: ({ path }) => path.endsWith('/installs'),
      times: Infinity,
      fault: { kind: 'status', status: answer, body: {} },
    });
    expect(await pass()).toMatchObject({ outcome: 'failed', revoked: [] });
    expect(await status(connection.id)).toBe('active');
    fault.remove();
    expect((await pass()).revoked).toEqual([connection.id]);
  });

  it.each([401, 403, 404, 500])('a %s to an install revokes nobody', async (answer) => {
    const connection = await suite.connect();
    suite.sandbox.flint.settings.installsList = 'empty';
    suite.sandbox.faults.add({
      on: ({ path }) => /\/installs\/[^/]+$/.test(path),
      times: Infinity,
      fault: { kind: 'status', status: answer, body: {} },
    });
    for (let round = 0; round < 3; round += 1) {
      expect(await pass()).toMatchObject({ outcome: 'failed', revoked: [] });
    }
    expect(await status(connection.id)).toBe('active');
  });

  it('P12: an install that is not there ends only the second time, ten minutes later', async () => {
    const connection = await suite.connect();
    await suite.database.sql('UPDATE flock_connection SET install = ?, account = ? WHERE id = ?', [
      'pinst_nowhere',
      'egrt_nowhere',
      connection.id,
    ]);
    expect((await pass()).revoked).toEqual([]);
    expect((await pass()).revoked).toEqual([]);
    const [job] = await suite.database.sql('SELECT state FROM flock_job');
    const state = JSON.parse(String(job?.state)) as { missing: Record<string, number> };
    expect(Object.keys(state.missing)).toEqual(['pinst_nowhere']);
    const ago = (minutes: number) =>
      suite.database.sql('UPDATE flock_job SET state = ?', [
        JSON.stringify({ missing: { pinst_nowhere: Date.now() - minutes * 60_000 } }),
      ]);
    await ago(9);
    expect((await pass()).revoked).toEqual([]);
    await ago(11);
    const fault = suite.sandbox.faults.add({
      on: 'developer.apps',
      times: Infinity,
      fault: { kind: 'status', status: 404 },
    });
    expect(await pass()).toMatchObject({ outcome: 'failed', revoked: [] });
    fault.remove();
    expect((await pass()).revoked).toEqual([connection.id]);
  });

  it('P12: a grant that its install does not name is not ended, however often', async () => {
    const connection = await suite.connect();
    await suite.database.sql('UPDATE flock_connection SET account = ? WHERE id = ?', [
      'egrt_nowhere',
      connection.id,
    ]);
    for (let round = 0; round < 3; round += 1) {
      expect(await pass()).toMatchObject({ compared: 1, revoked: [] });
    }
    expect(await status(connection.id)).toBe('active');
  });

  it('P12: a pass that would end more than 5 and 2 % stops, alarms, and waits for a person', async () => {
    const ids = await many(20);
    for (const id of ids.slice(0, 6)) {
      suite.sandbox.flint.revokeGrant((await remote(id)).account);
    }
    const stopped = await pass();
    expect(stopped).toMatchObject({ outcome: 'stopped', compared: 20 });
    expect(stopped.revoked).toHaveLength(6);
    for (const id of ids) expect(await status(id)).toBe('active');
    expect(logger.lines.join('\n')).toContain('6 of 20 connections look revoked');
    const [event] = await suite.host.app.get(AuditService).list({ limit: 1 });
    expect(event).toMatchObject({ action: 'reconcile', outcome: 'stopped' });
    expect((await pass()).outcome).toBe('stopped');
    expect(await pass({ acknowledge: 6 })).toMatchObject({ outcome: 'finished' });
    expect((await Promise.all(ids.map(status))).filter((one) => one === 'revoked')).toHaveLength(6);
  });

  it('P12: six of 300 are believed, six of 299 are not', async () => {
    const ids = await many(299);
    for (const id of ids.slice(0, 6)) {
      suite.sandbox.flint.revokeGrant((await remote(id)).account);
    }
    expect(await pass()).toMatchObject({ outcome: 'stopped', compared: 299 });
    await suite.connect();
    const report = await pass();
    expect(report).toMatchObject({ outcome: 'finished', compared: 300 });
    expect(report.revoked).toHaveLength(6);
  });

  it('what is missing stays seen while a pass is stopped, until a person says so', async () => {
    const ids = await many(10);
    await suite.database.sql(
      "UPDATE flock_connection SET install = 'pinst_gone_' || id, account = 'egrt_gone_' || id",
    );
    expect(await pass()).toMatchObject({ outcome: 'finished', revoked: [] });
    const [job] = await suite.database.sql('SELECT state FROM flock_job');
    const { missing } = JSON.parse(String(job?.state)) as { missing: Record<string, number> };
    const seen = Object.fromEntries(Object.keys(missing).map((one) => [one, Date.now() - 660_000]));
    await suite.database.sql('UPDATE flock_job SET state = ?', [JSON.stringify({ missing: seen })]);
    expect(await pass()).toMatchObject({ outcome: 'stopped' });
    expect(await pass()).toMatchObject({ outcome: 'stopped' });
    const done = await pass({ acknowledge: 10 });
    expect(done).toMatchObject({ outcome: 'finished' });
    expect([...done.revoked].sort()).toEqual([...ids].sort());
  });

  it('five are believed, whatever their share', async () => {
    const ids = await many(5);
    for (const id of ids) suite.sandbox.flint.revokeGrant((await remote(id)).account);
    expect((await pass()).revoked).toHaveLength(5);
  });

  it('P12: is done by one instance at a time, and by one for all', async () => {
    await suite.connect();
    const other = await suite.another();
    const held = suite.sandbox.faults.add({
      on: ({ path }) => path.endsWith('/installs'),
      fault: { kind: 'hold' },
    });
    const running = pass();
    await held.reached;
    const reconciliation = other.app.get(Reconciliation);
    const [second] = await Promise.allSettled([reconciliation.run({ provider: 'flint' })]);
    held.release();
    await running;
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'too_many_requests' } });
    const lists = () =>
      suite.database.sql('SELECT due_at FROM flock_job').then(([row]) => Number(row?.due_at));
    const due = await lists();
    await reconciliation.tick();
    await suite.host.app.get(Reconciliation).tick();
    expect(await lists()).toBe(due);
  });

  it('P12: can be switched off, and is without a developer key', async () => {
    for (const flint of [
      (sandbox: Sandbox) => ({ ...asDeveloper(sandbox), reconcileSeconds: 0 }),
      () => ({}),
    ]) {
      const other = await suite.another({ flint });
      expect(
        await failureOf(other.app.get(Reconciliation).run({ provider: 'flint' })),
      ).toMatchObject({ code: 'unknown_provider' });
    }
  });

  it('runs by itself where the process works in the background', async () => {
    const connection = await suite.connect();
    suite.sandbox.flint.revokeGrant(connection.account);
    await suite.another({ flock: { background: true } });
    await until(async () => (await status(connection.id)) === 'revoked');
  });
});
