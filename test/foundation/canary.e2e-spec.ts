import { metrics, trace } from '@opentelemetry/api';
import type { MetricData } from '@opentelemetry/sdk-metrics';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { RENEWAL_CHANNEL } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { FlintApi } from '@nest-flock/flint';
import type { Fault } from '@nest-flock/sandbox';
import diagnosticsChannel from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { DATABASES } from '../support/databases.js';
import { ADAPTERS } from '../support/host.js';
import { NoisyLogger } from '../support/noisy-logger.js';
import { OrdersController } from '../support/orders.controller.js';
import { until } from '../support/poll.js';
import { startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';

const TOKEN_FAULTS: Fault[] = [
  { kind: 'html' },
  { kind: 'truncate' },
  { kind: 'empty_object' },
  { kind: 'huge_body' },
  { kind: 'drop_after_commit' },
  { kind: 'drop_before_commit' },
  { kind: 'redirect', to: 'http://127.0.0.1:1/' },
  { kind: 'rate_limit', retryAfter: 0 },
  { kind: 'status', status: 500, body: 'a raw body' },
  { kind: 'error', error: 'invalid_client', status: 401 },
  { kind: 'error', error: 'invalid_scope', status: 400 },
  { kind: 'answer', set: { expires_in: 'soon', scope: 7 } },
  { kind: 'hang' },
];

const API_FAULTS: Fault[] = [
  { kind: 'drop_before_commit' },
  { kind: 'truncate' },
  { kind: 'rate_limit', retryAfter: 1 },
  { kind: 'status', status: 500, body: 'a raw body' },
  { kind: 'status', status: 401 },
  { kind: 'html' },
];

const runs = DATABASES.flatMap(([name, open]) =>
  ADAPTERS.map((adapter) => [name, adapter, open] as const),
);

describe.each(runs)('canaries on %s and %s', (_name, adapter, open) => {
  const logger = new NoisyLogger();
  const spans = new InMemorySpanExporter();
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const seen: string[] = [];
  const steps: unknown[] = [];
  const listen = (message: unknown) => steps.push(message);
  let suite: Suite;

  beforeAll(async () => {
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }),
    );
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
    diagnosticsChannel.subscribe(RENEWAL_CHANNEL, listen);
    suite = await startSuite(open, {
      adapter,
      logger,
      controllers: [OrdersController],
      flock: { renewal: { httpTimeoutMs: 300 } },
    });
  });
  afterAll(async () => {
    diagnosticsChannel.unsubscribe(RENEWAL_CHANNEL, listen);
    await suite.stop();
    await reader.shutdown();
    trace.disable();
    metrics.disable();
  });

  const note = (value: unknown) => {
    seen.push(typeof value === 'string' ? value : inspect(value, { depth: 12, showHidden: true }));
    if (value instanceof Error) seen.push(String(value.stack), JSON.stringify(value));
  };
  const attempt = async (work: Promise<unknown>, keep = false) => {
    try {
      const value = await work;
      if (keep) note(value);
    } catch (error) {
      note(error);
    }
  };

  it('S20, S22, S23, S39: no token, code, secret or session appears in anything that comes out, under every fault', async () => {
    // So short a deadline is for the providers that hang; one that was merely slow is asked again.
    const { browser, page } = await until(async () => {
      const installed = await suite.host.install();
      return installed.page.status === 303 && installed;
    });
    note(page.text);
    const [connection] = (await suite.connections.find()).connections as [Connection];
    suite.sandbox.flint.settings.grace = { kind: 'until_used' };
    // Callbacks that fail in each way.
    for (const fault of TOKEN_FAULTS) {
      suite.sandbox.faults.add({ on: 'token.code', fault });
      const failed = await suite.host.install({ merchant: 'mer_birch' });
      note(failed.page.text);
      note(failed.page.headers);
      note(
        await suite.host
          .browser()
          .open(failed.callback)
          .then(({ text }) => text),
      );
      suite.sandbox.faults.clear();
    }
    // Renewals that fail in each way.
    for (const fault of TOKEN_FAULTS) {
      suite.sandbox.faults.add({ on: 'token.refresh', times: 2, fault });
      await attempt(suite.renew(connection.id));
      suite.sandbox.faults.clear();
      await suite.database.sql('UPDATE flock_connection SET retry_at = NULL');
      await suite.database.sql('DELETE FROM flock_circuit');
    }
    // API calls that fail in each way, through the client and through a controller.
    for (const fault of API_FAULTS) {
      suite.sandbox.faults.add({ on: 'api', times: 2, fault });
      await attempt(suite.host.app.get(FlintApi).for(connection).get('/v1/orders'), true);
      const answer = await browser.open('/orders', { headers: { accept: 'application/json' } });
      note(answer.text);
      suite.sandbox.faults.clear();
    }
    // A row that cannot be opened, a dead grant, a withdrawn connection.
    await suite.database.sql("UPDATE flock_connection SET status = 'active', retry_at = NULL");
    suite.sandbox.flint.revokeGrant(connection.account);
    await attempt(suite.renew(connection.id));
    await attempt(suite.connections.disconnect(connection.id));
    await attempt(suite.renew(connection.id));

    await reader.forceFlush();
    const measured = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
    const names = measured.flatMap(({ metrics: list }) =>
      list.map(({ descriptor }: MetricData) => descriptor.name),
    );
    expect(names).toEqual(
      expect.arrayContaining([
        'flock.renewal',
        'flock.renewal.duration',
        'flock.install',
        'flock.security',
      ]),
    );
    expect(spans.getFinishedSpans().length).toBeGreaterThan(10);
    expect(steps.length).toBeGreaterThan(50);
    expect(logger.lines.length).toBeGreaterThan(5);

    note(measured);
    note(
      spans
        .getFinishedSpans()
        .map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
    );
    note(steps);
    note(await suite.events());
    const everything = [...seen, ...logger.lines].join('\n');
    const session = browser.cookies.get('flock_session') as string;
    const secrets = [
      ...suite.sandbox.flint.secretsSeen(),
      session,
      suite.sandbox.flint.app.client_secret,
    ];
    expect(secrets.length).toBeGreaterThan(30);
    expect(secrets.filter((secret) => everything.includes(secret))).toEqual([]);
    expect(everything).not.toContain('a raw body');
    // The net is not torn: what is known to come out is found.
    expect(everything).toContain(connection.id);
  });
});
