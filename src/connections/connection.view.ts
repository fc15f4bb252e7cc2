import type { Connection } from '@nest-flock/core';

/** What the page shows of a connection; there is no token in it. */
export interface ConnectionView {
  readonly id: string;
  readonly provider: string;
  readonly environment: string;
  readonly account: string;
  readonly merchant?: string;
  readonly scopes: readonly string[];
  readonly status: string;
  readonly reason?: string;
  /** Epoch milliseconds; absent while there is no token. */
  readonly expiresAt?: number;
}

export function viewOf(connection: Connection): ConnectionView {
  const { id, provider, environment, account, merchant, scopes, status, reason, expiresAt } =
    connection;
  return {
    id,
    provider,
    environment,
    account,
    ...(merchant !== undefined && { merchant }),
    scopes,
    status,
    ...(reason !== undefined && { reason }),
    ...(expiresAt !== undefined && { expiresAt: expiresAt.getTime() }),
  };
}
