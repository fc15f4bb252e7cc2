import type { Answer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import { placeOf, type ApiData } from './api-data.js';
import { errorAnswer } from './envelope.js';
import type { GrantState } from './flint-install.js';
import { IdempotentWrites } from './idempotent-writes.js';
import { readObject } from './read-object.js';

/** `POST /v1/payment-intents`. */
export class PaymentIntentCreation {
  private readonly writes = new IdempotentWrites();

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
    return this.writes.run(exchange, placeOf(grant), body, headers, () => ({
      status: 201,
      data: this.data.createPaymentIntent(grant, fields),
    }));
  }
}
