/** One try to hand an event over. */
export interface WebhookAttempt {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** HTTP status; absent when there was no answer. */
  readonly status?: number;
  /** Why there was no answer: `timeout`, `stopped`, or a code such as `ECONNREFUSED`. */
  readonly error?: string;
  readonly duration_ms: number;
}

export type WebhookDeliveryStatus =
  /** Not over: held, under way, or waiting for a retry. */
  | 'pending'
  /** Answered with a 2xx. */
  | 'delivered'
  /** Given up. */
  | 'failed'
  /** Not to be sent at all; `reason` says why. */
  | 'suppressed';

/** One event on its way to one URL. Never holds a secret. */
export interface WebhookDelivery {
  readonly delivery_id: string;
  readonly event_id: string;
  readonly event_type: string;
  readonly url: string;
  readonly status: WebhookDeliveryStatus;
  /** Oldest first. */
  readonly attempts: readonly WebhookAttempt[];
  /** Why it was suppressed or given up, where the attempts do not say it. */
  readonly reason?: string;
}
