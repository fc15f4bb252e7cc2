/** A table with sealed columns. A value of it is sealed for (table, id of the row, column). */
export interface SealedTable {
  readonly table: string;
  readonly columns: readonly string[];
}

/** Everything in the store that is sealed: all binary columns there are. */
export const SEALED_TABLES: readonly SealedTable[] = [
  { table: 'flock_connection', columns: ['token_set', 'credential'] },
  { table: 'flock_webhook_secret', columns: ['secret'] },
  { table: 'flock_authorization_request', columns: ['context'] },
  { table: 'flock_delivery', columns: ['body', 'event'] },
];
