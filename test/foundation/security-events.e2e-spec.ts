import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type { DataPoint } from '@opentelemetry/sdk-metrics';
import { FlockHealthIndicator, TokenService } from '@nest-flock/core';
import { sqliteDatabase } from '../support/databases.js';
import { NoisyLogger } from '../support/noisy-logger.js';
import { OrdersController } from '../support/orders.controller.js';
import { failureOf, until } from '../support/poll.js';
import { startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';
import { standard, whsec } from '../webhook/support/signers.js';

const [NEWER, OLDER] = [whsec('security events'), whsec('security events, older')];

describe('what a team that watches security sees', () => {
  const logger = new NoisyLogger();
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  let suite: Suite;

  beforeAll(async () => {
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
    suite = await startSuite(sqliteDatabase, {
      logger,
      controllers: [OrdersController],
      hooks: { user: ({ headers }) => headers['x-user'] as string | undefined },
      flint: { webhookSecrets: [NEWER, OLDER] },
    });
  });
  afterAll(async () => {
    await suite.stop();
    await reader.shutdown();
    metrics.disable();
  });

  /** Counts of one counter by the value of one attribute. */
  const counts = async (counter: string, attribute: string) => {
    exporter.reset();
    await reader.forceFlush();
    const found = exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap((scope) => scope.metrics)
      .find(({ descriptor }) => descriptor.name === counter);
    const points: readonly DataPoint<unknown>[] = found?.dataPoints ?? [];
    return Object.fromEntries(
      points.map(({ attributes, value }) => [String(attributes[attribute]), Number(value)]),
    );
  };
  const refused = async () =>
    (await suite.events())
      .filter(({ outcome }) => outcome === 'refused')
      .map(({ reason }) => reason);

  it('S39: bad states, sessions, origins and return paths are counted, and the trail names the reason', async () => {
    const { browser, callback } = await suite.host.install();
    await suite.host.browser().open(callback);
    await browser.open('/flint/oauth/callback?code=x&state=made-up');
    const forged = [...browser.cookies.keys()].map((name) => `${name}=x`).join('; ');
    await suite.host.browser().open(callback, { headers: { cookie: forged } });
    const late = suite.host.browser();
    const begun = await late.open('/flint/install?mode=test');
    const tooLate = suite.sandbox.flint.approve(begun.location as string);
    await suite.database.sql('UPDATE flock_authorization_request SET expires_at = 1');
    await late.open(tooLate);
    await browser.open('/flint/install?mode=test&return_to=https://evil.example/');
    await browser.open('/orders', { method: 'POST', headers: { origin: 'https://evil.example' } });
    await suite.host.browser().open('/orders', { headers: { cookie: 'flock_session=AAAA' } });
    await browser.open('/orders', { headers: { 'x-user': 'eve' } });
    expect(await counts('flock.security', 'event')).toMatchObject({
      state_no_cookie: 1,
      state_unknown: 1,
      state_other_browser: 1,
      state_expired: 1,
      session_other_user: 1,
      foreign_return_to: 1,
      cross_site_request: 1,
      session_invalid: 1,
    });
    expect(await refused()).toEqual(expect.arrayContaining(['state_no_cookie', 'state_unknown']));
  });

  it('S39, F50: a bad signature, an older secret and a copy are counted', async () => {
    const body = JSON.stringify({ event_type: 'order.paid', data: {} });
    const post = async ({ headers }: { headers: Record<string, string> }) => {
      const type = { 'content-type': 'application/json' };
      const to = `${suite.host.url}/flint/webhooks`;
      return (await fetch(to, { method: 'POST', headers: { ...type, ...headers }, body })).status;
    };
    const older = standard(body, OLDER);
    const statuses = [await post(standard(body, whsec('attacker'))), await post(older)];
    expect([...statuses, await post(older)]).toEqual([401, 200, 200]);
    expect(await post(standard(body, NEWER, { at: Date.now() - 3_600_000 }))).toBe(401);
    expect(await counts('flock.security', 'event')).toMatchObject({
      webhook_signature_invalid: 1,
      webhook_timestamp_refused: 1,
      webhook_older_secret: 2,
    });
    expect(await counts('flock.webhook.received', 'outcome')).toEqual({
      webhook_signature_invalid: 1,
      webhook_timestamp_refused: 1,
      accepted: 1,
      duplicate: 1,
    });
  });

  it('S39, F36: tokens that do not open are counted, and the log names the connection', async () => {
    const { id } = await suite.connect({ merchant: 'mer_birch' });
    const sealed = Buffer.from((await suite.row(id)).token_set as Buffer);
    sealed[sealed.length - 1] = (sealed[sealed.length - 1] as number) ^ 1;
    await suite.database.sql('UPDATE flock_connection SET token_set = ? WHERE id = ?', [
      sealed,
      id,
    ]);
    const fresh = await suite.another();
    const readiness = async () =>
      (await fresh.app.get(FlockHealthIndicator).isHealthy()).flock?.status;
    expect(await readiness()).toBe('up');
    const error = await failureOf(fresh.app.get(TokenService).getAccessToken(id));
    expect(error.code).toBe('connection_unreadable');
    const counted = (await counts('flock.security', 'event')).unreadable;
    expect(counted).toBeGreaterThanOrEqual(1);
    expect(await readiness()).toBe('down');
    // Who has never read it finds out by trying to renew it.
    await fresh.close();
    const before = (await counts('flock.security', 'event')).unreadable as number;
    await suite.database.sql('UPDATE flock_connection SET due_at = 1 WHERE id = ?', [id]);
    await until(async () => (await suite.row(id)).failure === 'unreadable');
    expect((await counts('flock.security', 'event')).unreadable).toBeGreaterThan(before);
    expect(logger.lines.join('\n')).toContain(`Connection ${id} (flint/flint) is unreadable`);
  });
});
