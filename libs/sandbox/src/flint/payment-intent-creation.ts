import { hash, randomUUID } from 'node:crypto';
import type { Answer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import { placeOf, type ApiData } from './api-data.js';
import { errorAnswer, successAnswer } from './envelope.js';
import type { GrantState } from './flint-install.js';

/** `POST /v1/payment-intents`: a key that comes again yields the first object. */
export class PaymentIntentCreation {
  private readonly done = new Map<string, { readonly sent: string; readonly row: unknown }>();

  constructor(private readonly data: ApiData) {}

  create(
    exchange: Exchange,
    grant: GrantState,
    body: string,
    headers: Record<string, string>,
  ): Answer {
    const fields = readObject(body);
    if (!fields) {
      const message = 'The body must be a JSON object.';
      return errorAnswer(exchange.requestId, 400, 'INVALID_REQUEST', { message });
    }
    const key = exchange.header('idempotency-key') ?? randomUUID();
    const place = `${placeOf(grant)} ${key}`;
    const sent = hash('sha256', body);
    const before = this.done.get(place);
    if (before && before.sent !== sent) {
      const message = 'This Idempotency-Key was used with another body.';
      return errorAnswer(exchange.requestId, 409, 'IDEMPOTENCY_KEY_REUSED', { message });
    }
    const row = before?.row ?? this.data.createPaymentIntent(grant, fields);
    if (!before) this.done.set(place, { sent, row });
    return successAnswer(
      exchange.requestId,
      row,
      {
        ...headers,
        'idempotency-key': key,
        ...(before && { 'idempotency-replayed': 'true' }),
      },
      201,
    );
  }
}

function readObject(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
