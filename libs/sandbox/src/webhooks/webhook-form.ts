/** Where events are sent, and what they are signed with. */
export interface WebhookTarget {
  readonly url: string;
  readonly secret: string;
  /** The secret before the last rotation. */
  readonly previousSecret?: string;
  /** Until when the previous secret signs along, milliseconds since 1970. */
  readonly overlapUntil?: number;
}

/** One request, before it is signed. */
export interface WebhookMessage<T extends WebhookTarget = WebhookTarget> {
  readonly target: T;
  readonly eventId: string;
  readonly eventType: string;
  /** The bytes, as text. */
  readonly body: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
}

/** How one provider names and signs what it sends. */
export interface WebhookForm<T extends WebhookTarget = WebhookTarget> {
  /** Whether one header can carry signatures of several secrets. */
  readonly severalSignatures: boolean;
  /** An id for a new event. */
  newEventId(): string;
  /** Another secret of the same look. */
  wrongSecret(): string;
  /** The headers, in lower case; without a secret none of them is a signature. */
  headers(message: WebhookMessage<T>, secrets: readonly string[]): Record<string, string>;
}
