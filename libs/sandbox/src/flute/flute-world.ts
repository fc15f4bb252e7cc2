import type { FaultList } from '../faults/fault-list.js';
import type { Records } from '../inspection/records.js';
import type { FluteData } from './flute-data.js';
import type { FluteKeys } from './flute-keys.js';
import type { FluteSettings } from './flute-settings.js';
import type { FluteTokens } from './flute-tokens.js';

/** Everything the routes work on. */
export interface FluteWorld {
  readonly settings: FluteSettings;
  readonly keys: FluteKeys;
  readonly tokens: FluteTokens;
  readonly data: FluteData;
  readonly records: Records;
  readonly faults: FaultList;
}
