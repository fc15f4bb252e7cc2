import { FlockError } from '@nest-flock/core';
import { defineProvider, LONGEST_ID, textOf, urlPath } from '@nest-flock/core/provider';
import type { Connection } from '@nest-flock/core';
import type { AnsweredGrant, TokenAnswer, Withdrawal } from '@nest-flock/core/provider';
import { readFlintProblem } from './flint.problem.js';
import { readInstallRequest } from './flint.install-request.js';
import { flintWebhooks } from './flint.webhooks.js';
import { FLINT_VARIABLES } from './flint.variables.js';
import type { FlintOptions } from './flint.variables.js';

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
    account,
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

/** The revocation route of the install guide, for the grant alone: others of the install live on. */
function flintWithdrawal(
  { install, account }: Connection,
  { developerKey, partnerAppId }: FlintOptions,
): Withdrawal | undefined {
  if (developerKey === undefined || partnerAppId === undefined || install === undefined) {
    return undefined;
  }
  return {
    path: urlPath`/v1/developer/partner/apps/${partnerAppId}/installs/${install}/environment-grants/${account}/revoke`,
    credential: developerKey,
  };
}

/** The fields that the install guide says to store. A grant lives in one mode. */
function account(answer: TokenAnswer, { request }: AnsweredGrant) {
  const { mode } = answer;
  const [grant, merchant, install] = [
    answer.environment_grant_id,
    answer.merchant_id,
    answer.partner_app_install_id,
  ].map((id) => textOf(id, LONGEST_ID));
  if (grant === undefined || merchant === undefined || install === undefined) return undefined;
  if (mode !== undefined && mode !== request.environment) {
    throw new FlockError(
      'install_failed',
      'Flint connected another mode than was asked for. Nothing was stored.',
    );
  }
  // Merchants may have several environments in one mode; each keeps its own grant.
  const place = request.parameters.environment_id ?? '';
  return {
    account: grant,
    merchant,
    install,
    supersedeKey: `${merchant}/${place}`,
  };
}
