import type { FaultList } from '../faults/fault-list.js';
import type { Records } from '../inspection/records.js';
import type { FlexPayClients } from './flex-pay-clients.js';
import type { FlexPayOrders } from './flex-pay-orders.js';
import type { FlexPaySettings } from './flex-pay-settings.js';
import type { FlexPayTokens } from './flex-pay-tokens.js';
import type { FlexPayTransactions } from './flex-pay-transactions.js';

/** Everything the routes work on. */
export interface FlexPayWorld {
  readonly settings: FlexPaySettings;
  readonly clients: FlexPayClients;
  readonly tokens: FlexPayTokens;
  readonly orders: FlexPayOrders;
  readonly transactions: FlexPayTransactions;
  readonly records: Records;
  readonly faults: FaultList;
}
