import type { FaultList } from '../faults/fault-list.js';
import type { Records } from '../inspection/records.js';
import type { FlinksPayCustomers } from './flinks-pay-customers.js';
import type { FlinksPaySessions } from './flinks-pay-sessions.js';
import type { FlinksPaySettings } from './flinks-pay-settings.js';
import type { FlinksPayTokens } from './flinks-pay-tokens.js';

/** Everything the routes work on. */
export interface FlinksPayWorld {
  readonly settings: FlinksPaySettings;
  readonly customers: FlinksPayCustomers;
  readonly tokens: FlinksPayTokens;
  readonly sessions: FlinksPaySessions;
  readonly records: Records;
  readonly faults: FaultList;
}
