import { randomUUID } from 'node:crypto';
import { randomText } from '../oauth/random-text.js';
import { hmac } from '../webhooks/hmac.js';
import type { WebhookForm, WebhookMessage } from '../webhooks/webhook-form.js';
import type { FlinksPayWebhook } from './flinks-pay-webhook.js';

/** HMAC-SHA256 over the raw bytes, the secret as UTF-8; no id and no time in the headers. */
export class FlinksPayWebhookSigner implements WebhookForm<FlinksPayWebhook> {
  readonly severalSignatures = false;
  readonly newEventId = (): string => randomUUID();
  readonly wrongSecret = (): string => randomText();

  headers(
    { target, body }: WebhookMessage<FlinksPayWebhook>,
    [secret]: readonly string[],
  ): Record<string, string> {
    if (secret === undefined) return {};
    switch (target.form) {
      case 'authenticity-key':
        return { 'flinks-authenticity-key': hmac(secret, body, 'base64') };
      case 'signature':
        return { 'x-flinks-signature': hmac(secret, body, 'base64') };
      case 'webhook-signature':
        return { 'x-webhook-signature': `sha256=${hmac(secret, body, 'hex').toUpperCase()}` };
    }
  }
}
