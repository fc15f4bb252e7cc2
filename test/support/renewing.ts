import type { Connection } from '@nest-flock/core';
import type { Fault } from '@nest-flock/sandbox';
import type { DrivenClock } from './clock.js';
import type { OpenTestDatabase } from './databases.js';
import { refreshCalls, startSuite } from './suite.js';
import type { Suite } from './suite.js';

/**
 * For tests of renewals: each has a host and a connection of its own, which `begin` is told of before
 * it, and does with them what such tests do again and again.
 */
export function renewing(
  open: OpenTestDatabase,
  begin: (world: { readonly suite: Suite; readonly connection: Connection }) => void,
) {
  let suite: Suite;
  let connection: Connection;
  /** Given back after the test. */
  const clocks: DrivenClock[] = [];

  beforeEach(async () => {
    suite = await startSuite(open);
    connection = await suite.connect();
    begin({ suite, connection });
  });
  afterEach(async () => {
    for (const clock of clocks.splice(0)) clock.release();
    await suite.stop();
  });

  return {
    clocks,
    get: () => suite.tokens.getAccessToken(connection.id),
    /** A token works when the provider says so. */
    works: async (token: string) => {
      const response = await fetch(`${suite.sandbox.flint.url}/v1/orders`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return response.status === 200;
    },
    fail: (fault: Fault, times = 1) =>
      suite.sandbox.faults.add({ on: 'token.refresh', times, fault }),
    /** A minute goes by, so that the default time between two renewals of a connection is over. */
    ageAll: () =>
      suite.database.sql(
        'UPDATE flock_connection SET refreshed_at = refreshed_at - 60000, expires_at = expires_at - 60000',
      ),
    callsOf: ({ account }: Connection) =>
      refreshCalls(suite).filter(({ environment_grant_id }) => environment_grant_id === account),
  };
}
