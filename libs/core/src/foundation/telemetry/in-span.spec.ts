import { SpanStatusCode, trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { FlockError } from '../errors/flock.error.js';
import { inSpan } from './in-span.js';

describe('a span', () => {
  const spans = new InMemorySpanExporter();

  beforeAll(() => {
    const spanProcessors = [new SimpleSpanProcessor(spans)];
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));
  });
  afterAll(() => trace.disable());

  it.each([
    [new FlockError('connection_revoked', 'canary'), 'connection_revoked'],
    [new TypeError('canary'), 'error'],
  ])('says of a failure its code and no more', async (error, message) => {
    await expect(inSpan('x', {}, () => Promise.reject(error))).rejects.toBe(error);
    const [span] = spans.getFinishedSpans().slice(-1);
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR, message });
    expect(span?.events).toEqual([]);
  });
});
