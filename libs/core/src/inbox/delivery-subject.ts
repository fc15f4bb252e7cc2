import type { Connection } from '../provider/connection.js';
import type { KeptEvent } from '../provider/kept-event.js';
import type { DeliveryRow } from './delivery.row.js';

/** Says whose a delivery is; the inbox itself knows no connections. */
export interface DeliverySubject {
  /** `undefined` where it is about none, or may be about several. */
  connectionOf(row: DeliveryRow, event: KeptEvent | undefined): Promise<Connection | undefined>;
}
export const DELIVERY_SUBJECT = Symbol('nest-flock:delivery-subject');
