import { randomUUID } from 'node:crypto';
import { randomText } from '../oauth/random-text.js';
import { hmac } from '../webhooks/hmac.js';
import type { WebhookForm, WebhookMessage } from '../webhooks/webhook-form.js';
import type { FyndTarget } from './fynd-webhook.js';

/** `x-fp-signature` over the raw body, lower-case hex (webhook testing page). No time is signed. */
export class FyndWebhookForm implements WebhookForm<FyndTarget> {
  readonly severalSignatures = false;
  readonly newEventId = (): string => randomUUID();
  readonly wrongSecret = (): string => `fys_${randomText()}`;

  headers(
    { target, eventId, body }: WebhookMessage<FyndTarget>,
    [secret]: readonly string[],
  ): Record<string, string> {
    return {
      ...(!target.lifecycle && { 'x-fp-event-id': eventId }),
      ...(secret !== undefined && { 'x-fp-signature': hmac(secret, body, 'hex') }),
    };
  }
}
