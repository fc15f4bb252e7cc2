import type { TestDatabase } from '../databases.js';

/** A database server of the test's own, which may be hurt. */
export interface PrivateServer {
  readonly port: number;
  /** A new database on it. Its `sql` connects anew each time, so that it outlives a restart. */
  database(): Promise<TestDatabase>;
  /** Started again on the same port and data. */
  start(): Promise<void>;
  /** Ends the server at once, without a farewell to its clients. */
  kill(): Promise<void>;
  /** Every process of it stands still: connections are accepted, nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** Whether transactions of the app may write; holds for open connections, too. */
  readOnly(on: boolean): Promise<void>;
  /** Ends it and removes its folder. */
  destroy(): Promise<void>;
}
