import type { DatabaseOptions } from './database/open-dialect.js';
import type { MigrationMode } from './database/database.js';

/** Where the store is, and who changes its tables. */
export interface FoundationOptions {
  readonly database: DatabaseOptions;
  readonly migrations: MigrationMode;
}

export const FOUNDATION_OPTIONS = Symbol('nest-flock:foundation-options');
