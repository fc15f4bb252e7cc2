import type { Connection } from '../provider/connection.js';

/** `webhook`: a provider said it. `connection`: we did. `task`: work that a library set itself. */
export type DeliverySource = 'webhook' | 'connection' | 'task';

/**
 * One event as a handler gets it. Handled at least once: `attempt` is 1 the first time, and higher
 * whenever somebody has begun to handle the delivery before.
 */
export interface Delivery<T = Readonly<Record<string, unknown>>> {
  /** Ours; the same for every copy of the event. Good as an idempotency key. */
  readonly id: string;
  readonly source: DeliverySource;
  readonly provider: string;
  readonly app: string;
  /** Whose route it came by, where it was not the app's own. */
  readonly tenant?: string;
  /** The provider's. */
  readonly eventId: string;
  /** Such as `order.paid`; an open set. */
  readonly type: string;
  /** Whose connection it is about; absent where the event names none, or none that is ours. */
  readonly connection?: Connection;
  /** The body, parsed. Nothing in it is checked beyond its signature. */
  readonly payload: T;
  /** The body as it arrived, for numbers that JSON would change. */
  readonly rawBody: string;
  /** By the provider's clock. */
  readonly occurredAt?: Date;
  readonly receivedAt: Date;
  readonly attempt: number;
  /** Fires when the handler has had its time; it is counted as failed then. */
  readonly signal: AbortSignal;
}
