import { SandboxError } from '../sandbox-error.js';
import { InputError } from '../server/input-error.js';
import type { WebhookAttempt, WebhookDelivery, WebhookDeliveryStatus } from './webhook-delivery.js';
import type { WebhookForm, WebhookTarget } from './webhook-form.js';
import type { WebhookHow } from './webhook-how.js';

/** A delivery record while it is written. */
export type OpenDelivery = {
  -readonly [K in keyof WebhookDelivery]: WebhookDelivery[K];
} & { attempts: WebhookAttempt[]; status: WebhookDeliveryStatus };

/** Headers and body of one request. */
export interface Sent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One delivery with what only the sender may know of it. */
export interface WebhookJob<T extends WebhookTarget> {
  readonly delivery: OpenDelivery;
  readonly target: T;
  readonly body: string;
  readonly how: WebhookHow;
  /** Sent as it is, instead of being signed anew. */
  readonly exact?: Sent;
  /** The last request. */
  sent?: Sent;
}

/** Throws when the target has no such secret, or the form no room for several signatures. */
export function checkSign<T extends WebhookTarget>(
  form: WebhookForm<T>,
  target: T,
  sign: WebhookHow['sign'],
): void {
  if (sign === 'both' && !form.severalSignatures) {
    throw new InputError(
      'how.sign',
      'current, previous, wrong or none: there is one signature only',
    );
  }
  if ((sign === 'both' || sign === 'previous') && target.previousSecret === undefined) {
    throw new SandboxError('The endpoint has no previous secret: it was never rotated.');
  }
}

/** The next request of a job, signed now. */
export function compose<T extends WebhookTarget>(form: WebhookForm<T>, job: WebhookJob<T>): Sent {
  if (job.exact) return job.exact;
  const { target, delivery, body, how } = job;
  const timestamp = Math.floor(Date.now() / 1000) + (how.timestampOffsetSeconds ?? 0);
  const message = {
    target,
    eventId: delivery.event_id,
    eventType: delivery.event_type,
    body,
    timestamp,
  };
  const headers = {
    'content-type': 'application/json',
    ...form.headers(message, secretsOf(form, target, how.sign)),
    ...how.headers,
  };
  return { headers, body };
}

function secretsOf<T extends WebhookTarget>(
  form: WebhookForm<T>,
  { secret, previousSecret, overlapUntil = 0 }: T,
  sign: WebhookHow['sign'],
): string[] {
  const previous = previousSecret === undefined ? [] : [previousSecret];
  switch (sign) {
    case undefined:
      return overlapUntil > Date.now() ? [secret, ...previous] : [secret];
    case 'current':
      return [secret];
    case 'previous':
      return previous;
    case 'both':
      return [secret, ...previous];
    case 'wrong':
      return [form.wrongSecret()];
    case 'none':
      return [];
  }
}
