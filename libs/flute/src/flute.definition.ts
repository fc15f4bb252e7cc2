import { defineProvider } from '@nest-flock/core/provider';
import { checkOptions } from './flute.check.js';
import { FLUTE_ENVIRONMENTS, FLUTE_VARIABLES } from './flute.variables.js';
import { configuredAccounts } from './flute.keys.js';
import { readFluteProblem } from './flute.problem.js';
import { fluteWebhooks } from './flute.webhooks.js';

export const flute = defineProvider({
  provider: 'flute',
  title: 'Flute',
  variables: FLUTE_VARIABLES,
  environments: FLUTE_ENVIRONMENTS,
  grant: 'client_credentials',
  // A refresh answer carries a new refresh token; whether the old one ends is not documented. The
  // contract calls 900 s frequent, the Authorization page shows 3600: the shorter one holds where an
  // answer says nothing.
  profile: { rotates: true, defaultLifetimeSeconds: 900 },
  // The OAuth host is not the API host; the contract's server list is wrong about it.
  endpoints: (options, { environment }) =>
    environment === 'production'
      ? { token: options.productionTokenUrl, api: options.productionApiUrl }
      : { token: options.sandboxTokenUrl, api: options.sandboxApiUrl },
  accounts: configuredAccounts,
  dialect: ({ clientAuthentication }) => ({ clientAuthentication }),
  // Asks for a refresh token with it (Authorization page); a refresh itself takes no scope.
  obtain: () => ({ scope: 'offline_access' }),
  refreshes: true,
  webhooks: fluteWebhooks,
  apiProblem: readFluteProblem,
  // Flute's own SDKs disagree whether such a key does anything; a `referenceId` is what protects.
  idempotencyKeys: false,
  check: checkOptions,
});

/** The apps of Flute, and the services of the core, for the classes of this library. */
export class FluteHandle extends flute.Handle {}
