import type { DeliverySummary, HandlerState } from '@nest-flock/core';

/** A delivery in the list. */
export interface DeliveryView {
  readonly id: string;
  readonly source: string;
  readonly provider: string;
  readonly type: string;
  /** Whose it is; empty where nobody is named. */
  readonly subject: string;
  /** `failing`: to be tried again. `dead`: given up until somebody replays it. */
  readonly status: 'pending' | 'failing' | 'done' | 'dead';
  readonly attempts: number;
  /** Epoch milliseconds, like all times here. */
  readonly receivedAt: number;
}

/** One that somebody looks at. */
export interface DeliveryDetails extends DeliveryView {
  readonly eventId: string;
  readonly occurredAt?: number;
  readonly dueAt?: number;
  readonly handlers: readonly (HandlerState & { readonly name: string })[];
  /** In lines; absent where it is not the provider's. */
  readonly body?: string;
}

export function viewOf(delivery: DeliverySummary, subject: string): DeliveryView {
  const { id, source, provider, type, attempts, receivedAt } = delivery;
  const status = isFailing(delivery) ? 'failing' : delivery.status;
  return {
    id,
    source,
    provider,
    type,
    subject,
    status,
    attempts,
    receivedAt: receivedAt.getTime(),
  };
}

export const isFailing = ({ status, handlers }: DeliverySummary): boolean =>
  status === 'pending' &&
  Object.values(handlers).some(({ state }) => state === 'failed' || state === 'dead');
