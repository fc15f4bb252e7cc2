import { readWebhookEvent } from './read-webhook-event.js';
import type { RegisteredApp } from './registered-app.js';

describe('what an event says', () => {
  const read = (event: object | undefined) =>
    readWebhookEvent(
      { definition: { webhooks: { read: () => event } }, options: {} } as unknown as RegisteredApp,
      {},
      undefined,
    );

  it('is what the provider’s definition reads', () => {
    const event = { type: 'order.paid', account: 'a'.repeat(190), merchant: 'm' };
    expect(read(event)).toEqual(event);
    expect(read(undefined)).toBeUndefined();
  });

  it.each(['account', 'merchant', 'install', 'environment'])(
    'names nobody where its %s is an id that no row can have',
    (name) => {
      const event = { type: 'order.paid', account: 'a', merchant: 'm', [name]: 'x'.repeat(191) };
      expect(read(event)).toEqual({ type: 'order.paid' });
    },
  );
});
