import type { Connection } from '@nest-flock/core';
import type { Fault } from '@nest-flock/sandbox';
import { refreshCalls } from './suite.js';
import type { Suite } from './suite.js';

/** What tests of renewals do again and again with the connection of the present test. */
export function renewing(world: () => { readonly suite: Suite; readonly connection: Connection }) {
  return {
    get: () => world().suite.tokens.getAccessToken(world().connection.id),
    /** A token works when the provider says so. */
    works: async (token: string) => {
      const response = await fetch(`${world().suite.sandbox.flint.url}/v1/orders`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return response.status === 200;
    },
    fail: (fault: Fault, times = 1) =>
      world().suite.sandbox.faults.add({ on: 'token.refresh', times, fault }),
    /** A minute goes by, so that the default time between two renewals of a connection is over. */
    ageAll: () =>
      world().suite.database.sql(
        'UPDATE flock_connection SET refreshed_at = refreshed_at - 60000, expires_at = expires_at - 60000',
      ),
    callsOf: ({ account }: Connection) =>
      refreshCalls(world().suite).filter(
        ({ environment_grant_id }) => environment_grant_id === account,
      ),
  };
}
