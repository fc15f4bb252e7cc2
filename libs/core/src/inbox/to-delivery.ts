import { parseObject } from '../foundation/http/parse-object.js';
import type { Delivery } from './delivery.js';
import type { DeliveryRow } from './delivery.row.js';

/** A delivery as its handlers get it, but for whose it is. */
export const toDelivery = (
  row: DeliveryRow,
  rawBody: string,
): Omit<Delivery, 'connection' | 'signal'> => ({
  id: row.id,
  source: row.source,
  provider: row.provider,
  app: row.app,
  ...(row.tenant !== null && { tenant: row.tenant }),
  eventId: row.event_id,
  type: row.type,
  payload: parseObject(rawBody) ?? {},
  rawBody,
  ...(row.occurred_at !== null && { occurredAt: new Date(row.occurred_at) }),
  receivedAt: new Date(row.received_at),
  attempt: row.runs,
});
