import { randomBytes } from 'node:crypto';
import { randomText } from '../oauth/random-text.js';
import { hmac } from '../webhooks/hmac.js';
import type { WebhookForm, WebhookMessage } from '../webhooks/webhook-form.js';
import type { FlintSettings } from './flint-settings.js';
import type { FlintWebhook } from './flint-webhook.js';

/** A new signing secret. */
export const newWebhookSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/** Standard Webhooks (https://www.standardwebhooks.com), and Flint's older headers if the settings say so. */
export class FlintWebhookForm implements WebhookForm<FlintWebhook> {
  readonly severalSignatures = true;
  readonly wrongSecret = newWebhookSecret;

  constructor(private readonly settings: FlintSettings) {}

  newEventId(): string {
    return `whev_${randomText()}`;
  }

  headers(
    message: WebhookMessage<FlintWebhook>,
    secrets: readonly string[],
  ): Record<string, string> {
    const { legacyHeaders } = this.settings;
    return {
      'user-agent': 'Flint-Webhooks/1.0',
      ...(legacyHeaders !== 'only' && standardHeaders(message, secrets)),
      ...(legacyHeaders !== 'none' && olderHeaders(message, secrets)),
    };
  }
}

/** The key is what `whsec_` is followed by, decoded. */
function standardHeaders(
  { eventId, timestamp, body }: WebhookMessage,
  secrets: readonly string[],
): Record<string, string> {
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    return `v1,${hmac(key, `${eventId}.${timestamp}.${body}`, 'base64')}`;
  });
  return {
    'webhook-id': eventId,
    'webhook-timestamp': String(timestamp),
    ...(signatures.length > 0 && { 'webhook-signature': signatures.join(' ') }),
  };
}

/** The key is the whole secret as text, and the id is not signed. */
function olderHeaders(
  { eventId, eventType, timestamp, body }: WebhookMessage,
  secrets: readonly string[],
): Record<string, string> {
  const signatures = secrets.map((secret) => `v1=${hmac(secret, `${timestamp}.${body}`, 'hex')}`);
  return {
    'x-flint-webhook-id': eventId,
    'x-flint-event-type': eventType,
    ...(signatures.length > 0 && {
      'x-flint-signature': [`t=${timestamp}`, ...signatures].join(','),
    }),
  };
}
