import type { Connection } from '../provider/connection.js';
import type { DeliveryRow } from './delivery.row.js';

/** Says whose a delivery is; the inbox itself knows neither connections nor events. */
export interface DeliverySubject {
  /** `undefined` where it is about none, or may be about several. */
  connectionOf(
    row: DeliveryRow,
    payload: Readonly<Record<string, unknown>>,
  ): Promise<Connection | undefined>;
}
export const DELIVERY_SUBJECT = Symbol('nest-flock:delivery-subject');
