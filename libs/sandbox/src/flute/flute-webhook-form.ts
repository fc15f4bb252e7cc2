import { randomUUID } from 'node:crypto';
import { randomText } from '../oauth/random-text.js';
import { hmac } from '../webhooks/hmac.js';
import type { WebhookForm, WebhookMessage } from '../webhooks/webhook-form.js';
import type { FluteWebhook } from './flute-webhook.js';

/** Much like Standard Webhooks, but the secret is the key as it is, neither stripped nor decoded. */
export class FluteWebhookForm implements WebhookForm<FluteWebhook> {
  readonly severalSignatures = false;
  readonly newEventId = (): string => randomUUID();
  readonly wrongSecret = (): string => randomText();

  headers(
    { eventId, timestamp, body }: WebhookMessage<FluteWebhook>,
    [secret]: readonly string[],
  ): Record<string, string> {
    const signed = `${eventId}.${timestamp}.${body}`;
    return {
      'flute-webhook-id': eventId,
      'flute-webhook-timestamp': String(timestamp),
      ...(secret !== undefined && {
        'flute-webhook-signature': `v1,${hmac(secret, signed, 'base64')}`,
      }),
    };
  }
}
