import { defineProvider } from '@nest-flock/core/provider';
import { checkOptions } from './flex-pay.check.js';
import { configuredAccounts } from './flex-pay.credentials.js';
import { FLEX_PAY_ENVIRONMENTS } from './flex-pay.merchant.js';
import { readFailure, readFlexPayProblem, readTokenProblem } from './flex-pay.problem.js';
import { FLEX_PAY_VARIABLES } from './flex-pay.variables.js';

export const flexPay = defineProvider({
  provider: 'flex-pay',
  title: 'Flex Pay',
  variables: FLEX_PAY_VARIABLES,
  environments: FLEX_PAY_ENVIRONMENTS,
  grant: 'client_credentials',
  // Half an hour by default, which holds where the answer does not say (Authorization page). There is
  // no refresh token: a renewal is the same request again.
  profile: { rotates: false, defaultLifetimeSeconds: 1_800 },
  server: ({ preProductionUrl, productionUrl }, { environment }) =>
    environment === 'production' ? productionUrl : preProductionUrl,
  endpoints: { token: '/api/auth/v1/oauth/token' },
  accounts: configuredAccounts,
  allowedHosts: ({ serverHosts }) => serverHosts,
  // The grant is in the query and the body is empty (Authorization page).
  dialect: () => ({ encoding: 'query' }),
  tokenProblem: readTokenProblem,
  apiProblem: readFlexPayProblem,
  apiFailure: readFailure,
  // Documented for transactions alone, whose calls bring one.
  idempotencyKeys: false,
  check: checkOptions,
});

/** The apps of Flex Pay, and the services of the core, for the classes of this library. */
export class FlexPayHandle extends flexPay.Handle {}
