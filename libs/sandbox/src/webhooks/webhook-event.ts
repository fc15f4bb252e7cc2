/** What is to be sent. */
export interface WebhookEvent {
  readonly type: string;
  /** Sent as JSON. */
  readonly body: unknown;
  /** Default: a new one. */
  readonly id?: string;
}
