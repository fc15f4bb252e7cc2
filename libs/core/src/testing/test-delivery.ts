import { createHash } from 'node:crypto';
import type { Delivery } from '../inbox/delivery.js';

/**
 * A delivery to call a handler with in a test: `await orders.changed(testDelivery({ ... }))`. What is
 * left out gets a plain default.
 */
export function testDelivery<T>(
  given: Partial<Omit<Delivery<T>, 'payload'>> & { readonly payload: T },
): Delivery<T> {
  const rawBody = given.rawBody ?? JSON.stringify(given.payload);
  const eventId = given.eventId ?? 'test-event';
  return {
    id: createHash('sha256').update(eventId).digest('hex'),
    source: 'webhook',
    provider: given.connection?.provider ?? 'test',
    app: given.connection?.app ?? 'test',
    eventId,
    type: 'test',
    receivedAt: new Date(0),
    attempt: 1,
    signal: new AbortController().signal,
    ...given,
    rawBody,
  };
}
