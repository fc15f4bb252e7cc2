import { metrics, trace } from '@opentelemetry/api';
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
import { Injectable } from '@nestjs/common';
import { DeliveryService, OnWebhook, WebhookSecrets } from '@nest-flock/core';
import type { Delivery } from '@nest-flock/core';
import { inspect } from 'node:util';
import { DATABASES } from '../support/databases.js';
import type { TestDatabase } from '../support/databases.js';
import { ADAPTERS } from '../support/host.js';
import { NoisyLogger } from '../support/noisy-logger.js';
import { until } from '../support/poll.js';
import { fynd, standard, whsec } from './support/signers.js';
import { SECRETS, startWebhookHost } from './support/webhook-host.js';
import type { WebhookHost } from './support/webhook-host.js';

const BODY = 'canary-in-a-body';
const MESSAGE = 'canary-in-a-message';
const HEADER = 'canary-in-a-header';

class OddError extends Error {
  override name = `Odd ${MESSAGE}`;
}

@Injectable()
class Failing {
  @OnWebhook('flint', 'fail.*')
  fail({ payload }: Delivery): void {
    throw payload.odd === true
      ? new OddError('x')
      : new TypeError(`${MESSAGE} ${JSON.stringify(payload)}`);
  }
}

const runs = DATABASES.flatMap(([name, open]) =>
  ADAPTERS.map((adapter) => [name, adapter, open] as const),
);

describe.each(runs)('canaries of webhooks on %s and %s', (_name, adapter, open) => {
  const logger = new NoisyLogger();
  const spans = new InMemorySpanExporter();
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const answers: string[] = [];
  let database: TestDatabase;
  let host: WebhookHost;

  beforeAll(async () => {
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }),
    );
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
    database = await open();
    host = await startWebhookHost(database, {
      adapter,
      logger,
      handlers: [Failing],
      flock: { deliveries: { maxAttempts: 2, retryBaseMs: 10, retryCapMs: 20 } },
    });
  });
  afterAll(async () => {
    await host.close();
    await database.drop();
    await reader.shutdown();
    trace.disable();
    metrics.disable();
  });

  const post = async (
    path: string,
    signed: { body: string; headers: Record<string, string> },
    more: Record<string, string> = {},
  ): Promise<number> => {
    const answer = await host.post(path, signed, more);
    answers.push(inspect(answer));
    return answer.status;
  };

  it('S22 S23: neither bodies nor secrets nor messages of errors appear in what comes out', async () => {
    const secret = whsec('canary secret');
    await host.app.get(WebhookSecrets).add({ provider: 'flint', tenant: 'shop' }, secret);
    const body = (type: string, more: object = {}) =>
      JSON.stringify({ event_type: type, note: BODY, data: {}, ...more });
    const statuses = [
      await post('/flint/webhooks', standard(body('order.paid'), SECRETS.flint)),
      await post('/flint/webhooks/shop', standard(body('order.paid'), secret)),
      await post('/flint/webhooks', standard(body('fail.once'), SECRETS.flint)),
      await post('/flint/webhooks', standard(body('fail.odd', { odd: true }), SECRETS.flint)),
      await post('/flint/webhooks', standard(body('order.paid'), whsec('not ours'))),
      await post('/flint/webhooks', { body: body('order.paid'), headers: {} }),
      await post('/flint/webhooks', standard(body('x'), SECRETS.flint), { 'webhook-id': '' }),
      await post('/flint/webhooks', standard(body('x'), SECRETS.flint), {
        'webhook-timestamp': HEADER,
      }),
      await post('/flint/webhooks', standard(body('x'), SECRETS.flint), {
        'webhook-signature': `v1,${HEADER}`,
      }),
      await post('/flint/webhooks', standard(`["${BODY}"]`, SECRETS.flint)),
      await post(`/flint/webhooks/${HEADER}%0d%0a`, standard(body('x'), SECRETS.flint)),
      await post('/fp/webhooks', fynd(body('x'), 'wrong')),
      await post('/fp/uninstall', { body: body('x'), headers: { 'x-fp-signature': HEADER } }),
      await post('/fp/auto_install', { body: body('x', { code: HEADER }), headers: {} }),
    ];
    expect(statuses).toEqual([
      200, 200, 200, 200, 401, 400, 400, 400, 401, 400, 400, 401, 200, 200,
    ]);
    const deliveries = host.app.get(DeliveryService);
    const dead = await until(async () => {
      const found = await deliveries.list({ status: 'dead' });
      return found.deliveries.length === 2 && found.deliveries;
    });
    expect(dead.map(({ handlers }) => handlers['Failing.fail']?.error).sort()).toEqual([
      'TypeError',
      'error',
    ]);
    await reader.forceFlush();
    const tables = ['flock_delivery', 'flock_event', 'flock_webhook_secret', 'flock_job'];
    const rows = await Promise.all(tables.map((table) => database.sql(`SELECT * FROM ${table}`)));
    const stored = rows
      .flat()
      .flatMap((row) => Object.values(row))
      .map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value)));
    const out = [
      ...logger.lines,
      ...answers,
      ...stored,
      JSON.stringify(dead),
      inspect(spans.getFinishedSpans(), { depth: 6 }),
      JSON.stringify(exporter.getMetrics().map(({ scopeMetrics }) => scopeMetrics)),
    ].join('\n');
    expect(out).toContain('Failing.fail');
    expect(out).toContain('flock.webhook.received');
    const secrets = [...Object.values(SECRETS), secret].flatMap((one) => [
      one,
      one.replace('whsec_', ''),
    ]);
    for (const canary of [BODY, MESSAGE, HEADER, ...secrets]) expect(out).not.toContain(canary);
  });

  it('S26: the libraries have the routes of installs and of webhooks alone', () => {
    const mapped = logger.lines.flatMap((line) => /^Mapped \{(.+)\} route/.exec(line)?.[1] ?? []);
    expect(mapped.sort()).toEqual([
      '/flinks-pay/webhooks, POST',
      '/flinks-pay/webhooks/:tenant, POST',
      '/flint/disconnect, POST',
      '/flint/install, GET',
      '/flint/oauth/callback, GET',
      '/flint/webhooks, POST',
      '/flint/webhooks/:tenant, POST',
      '/flute/webhooks, POST',
      '/flute/webhooks/:tenant, POST',
      '/fp/auth, GET',
      '/fp/auto_install, POST',
      '/fp/disconnect, POST',
      '/fp/install, GET',
      '/fp/uninstall, POST',
      '/fp/webhooks, POST',
    ]);
  });
});
