import type { Connection, ConnectionStatus } from '../provider/connection.js';

/** A row of `flock_connection` as the drivers give it, numbers made numbers. */
export interface ConnectionRow {
  id: string;
  provider: string;
  app: string;
  environment: string;
  account: string;
  merchant: string | null;
  install: string | null;
  owner: string | null;
  scopes: string;
  status: ConnectionStatus;
  status_reason: string | null;
  generation: number;
  token_version: number;
  session_epoch: number;
  token_set: Buffer | null;
  credential: Buffer | null;
  server_url: string | null;
  attempt_id: string | null;
  installed_at: number;
  refreshed_at: number | null;
  expires_at: number | null;
  used_version: number;
  claim_id: string | null;
  claim_until: number | null;
  unknown_outcomes: number;
  failures: number;
  failure: string | null;
  retry_at: number | null;
  /** By the provider's clock: the install, and the last word on the scopes. */
  provider_time: number | null;
  scopes_at: number | null;
  changed_at: number;
  /** The database's clock when it answered. */
  db_now: number;
}

/** Every column of {@link ConnectionRow} but `db_now`. */
export const CONNECTION_COLUMNS = [
  'id',
  'provider',
  'app',
  'environment',
  'account',
  'merchant',
  'install',
  'owner',
  'scopes',
  'status',
  'status_reason',
  'generation',
  'token_version',
  'session_epoch',
  'token_set',
  'credential',
  'server_url',
  'attempt_id',
  'installed_at',
  'refreshed_at',
  'expires_at',
  'used_version',
  'claim_id',
  'claim_until',
  'unknown_outcomes',
  'failures',
  'failure',
  'retry_at',
  'provider_time',
  'scopes_at',
  'changed_at',
] as const;

const NUMBERS = [
  'generation',
  'token_version',
  'session_epoch',
  'installed_at',
  'refreshed_at',
  'expires_at',
  'used_version',
  'claim_until',
  'unknown_outcomes',
  'failures',
  'retry_at',
  'provider_time',
  'scopes_at',
  'changed_at',
  'db_now',
] as const;

/** PostgreSQL hands `bigint` out as text; all of ours are below 2^53. */
export function readConnectionRow(raw: Record<string, unknown>): ConnectionRow {
  const row: Record<string, unknown> = { ...raw };
  for (const column of NUMBERS) {
    if (row[column] !== null && row[column] !== undefined) row[column] = Number(row[column]);
  }
  return row as unknown as ConnectionRow;
}

export function toConnection(row: ConnectionRow): Connection {
  return Object.freeze({
    id: row.id,
    provider: row.provider,
    app: row.app,
    environment: row.environment,
    account: row.account,
    ...(row.merchant !== null && { merchant: row.merchant }),
    ...(row.install !== null && { install: row.install }),
    ...(row.owner !== null && { owner: row.owner }),
    ...(row.server_url !== null && { serverUrl: row.server_url }),
    scopes: Object.freeze(readScopes(row.scopes)),
    status: row.status,
    ...(row.status_reason !== null && { reason: row.status_reason }),
    generation: row.generation,
    installedAt: new Date(row.installed_at),
    ...(row.expires_at !== null && { expiresAt: new Date(row.expires_at) }),
  });
}

/** Scopes are stored joined by spaces (RFC 6749 3.3: a scope holds none). */
export const readScopes = (stored: string): string[] =>
  stored.split(' ').filter((scope) => scope !== '');

/** What no store could keep (PostgreSQL keeps no NUL) is no scope. */
export const writeScopes = (scopes: readonly string[]): string =>
  [...new Set(scopes)].filter((scope) => !scope.includes('\u0000')).join(' ');
