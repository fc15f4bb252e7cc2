import type { RegisteredApp } from '../../provider/registered-app.js';

/** What is due in one environment of one app: it has hosts and credentials of its own, so it is drained by itself. */
export interface RenewalQueue {
  readonly app: RegisteredApp;
  readonly environment: string;
  readonly key: string;
}
