import type { FaultList } from '../faults/fault-list.js';
import type { Records } from '../inspection/records.js';
import type { FlintDirectory } from './flint-directory.js';
import type { FlintInstalls } from './flint-installs.js';
import type { FlintSettings } from './flint-settings.js';
import type { FlintTokens } from './flint-tokens.js';

/** Everything the emulated Flint consists of; its routes work on this. */
export interface FlintWorld {
  readonly settings: FlintSettings;
  readonly directory: FlintDirectory;
  readonly installs: FlintInstalls;
  readonly tokens: FlintTokens;
  readonly records: Records;
  readonly faults: FaultList;
}
