import { defineProvider } from '@nest-flock/core/provider';
import { checkOptions } from './flinks-pay.check.js';
import { configuredAccounts } from './flinks-pay.credentials.js';
import { readFlinksPayProblem } from './flinks-pay.problem.js';
import { serverOf } from './flinks-pay.server.js';
import { FLINKS_PAY_VARIABLES } from './flinks-pay.variables.js';
import { flinksPayWebhooks } from './flinks-pay.webhooks.js';

export const FLINKS_PAY = 'flinks-pay';

export const flinksPay = defineProvider({
  provider: FLINKS_PAY,
  title: 'FlinksPay',
  variables: FLINKS_PAY_VARIABLES,
  grant: 'client_credentials',
  // 299 s on the v1 pages, 599 s on the v2 ones; a token for one use outlives neither.
  profile: { rotates: false, defaultLifetimeSeconds: 299 },
  // Authorize page: a token starts a single session.
  tokenPerUse: true,
  // None is documented: nothing would come of repeating a write with the same key.
  idempotencyKeys: false,
  accounts: configuredAccounts,
  allowedHosts: ({ serverHosts }) => serverHosts,
  server: serverOf,
  endpoints: { token: '/api/v1/authorize' },
  dialect: ({ clientAuthentication }) => ({
    clientAuthentication,
    fields: { id: 'Username', secret: 'Password' },
  }),
  webhooks: flinksPayWebhooks,
  apiProblem: readFlinksPayProblem,
  check: checkOptions,
});

/** The apps of FlinksPay, and the services of the core, for the classes of this library. */
export class FlinksPayHandle extends flinksPay.Handle {}
