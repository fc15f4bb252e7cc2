import { defineProvider } from '@nest-flock/core/provider';
import { flintAccount } from './flint.account.js';
import { readInstallRequest } from './flint.install-request.js';
import { readFlintProblem } from './flint.problem.js';
import { FLINT_VARIABLES } from './flint.variables.js';
import { flintWebhooks } from './flint.webhooks.js';
import { flintWithdrawal } from './flint.withdrawal.js';

export const flint = defineProvider({
  provider: 'flint',
  title: 'Flint',
  variables: FLINT_VARIABLES,
  environments: ['test', 'live'],
  grant: 'authorization_code',
  // Install guide, step 6; grace, reuse and the life of a refresh token are not documented.
  profile: { rotates: true },
  server: ({ baseUrl }) => baseUrl,
  endpoints: { token: '/v1/oauth/token', authorize: '/v1/oauth/authorize' },
  client: ({ clientId, clientSecret }) => ({ id: clientId, secret: clientSecret }),
  dialect: ({ clientAuthentication }) => ({ clientAuthentication }),
  redirectUri: ({ redirectUri }) => redirectUri,
  install: {
    request: readInstallRequest,
    link: ({ environment }) => ({ mode: environment }),
    echoed: ({ environment }) => ({ mode: environment }),
    account: flintAccount,
  },
  webhooks: flintWebhooks,
  withdrawal: flintWithdrawal,
  apiProblem: readFlintProblem,
  check: ({ modes }) =>
    modes.every((mode) => mode === 'test' || mode === 'live') && modes.length > 0
      ? []
      : ['FLINT_MODES is not usable; expected test, live, or both'],
});

/** The apps of Flint, and the services of the core, for the classes of this library. */
export class FlintHandle extends flint.Handle {}
export type FlintApp = ReturnType<FlintHandle['app']>;
