import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type { DataPoint } from '@opentelemetry/sdk-metrics';
import { FlockMetrics } from './flock.metrics.js';

describe('the gauge of remaining lives', () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const provider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
  });

  beforeAll(() => metrics.setGlobalMeterProvider(provider));
  afterAll(async () => {
    await provider.shutdown();
    metrics.disable();
  });

  it('tells of each provider the shortest life of a token that somebody uses', async () => {
    const token = { accessToken: 'canary', used: true };
    const at = performance.now();
    const flint = { connection: { provider: 'flint' } };
    const flute = { connection: { provider: 'flute' } };
    new FlockMetrics().watch(() => [
      { ...token, ...flint, expiresAt: at + 9_000_000 },
      { ...token, ...flint, expiresAt: at + 5_000_000 },
      { ...token, ...flute, expiresAt: at - 1 },
      // Nobody uses it, or there is none.
      { ...token, ...flint, expiresAt: at, used: false },
      { ...token, ...flint, expiresAt: at, accessToken: undefined },
    ]);
    await provider.forceFlush();
    const points = exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
      .filter(({ descriptor }) => descriptor.name === 'flock.token.remaining_life')
      .flatMap(({ dataPoints }) => dataPoints as DataPoint<number>[]);
    expect(points).toHaveLength(2);
    const shortest = points.find(({ attributes }) => attributes.provider === 'flint')?.value;
    expect(Number(shortest)).toBeLessThanOrEqual(5_000);
    expect(Number(shortest)).toBeGreaterThan(4_000);
    expect(points.find(({ attributes }) => attributes.provider === 'flute')?.value).toBe(0);
  });
});
