import { defineProvider, urlPath } from '@nest-flock/core/provider';
import { readAccount, userOf } from './fynd.account.js';
import { checkOptions } from './fynd.check.js';
import { fyndEndpoints } from './fynd.endpoints.js';
import { fyndAccount, fyndGrants } from './fynd.grants.js';
import { namedCompany } from './named-company.js';
import { extensionPage } from './fynd.landing.js';
import { readLaunch } from './fynd.launch.js';
import { readFyndProblem } from './fynd.problem.js';
import { fyndRenewal } from './fynd.renewal.js';
import { fyndWebhooks } from './fynd.webhooks.js';
import { FYND_VARIABLES } from './fynd.variables.js';

export const fynd = defineProvider({
  provider: 'fynd',
  title: 'Fynd',
  variables: FYND_VARIABLES,
  grant: 'authorization_code',
  // Authorization guide, step 4.3; whether the one before dies is not documented. Answers without a
  // lifetime have occurred.
  profile: { rotates: true },
  endpoints: fyndEndpoints,
  client: ({ clientId, clientSecret }) => ({ id: clientId, secret: clientSecret }),
  dialect: ({ encoding }) => ({ encoding }),
  renewal: fyndRenewal,
  redirectUri: ({ extensionUrl }) => `${extensionUrl}/fp/auth`,
  personal: userOf,
  namedMerchant: namedCompany,
  install: {
    request: readLaunch,
    grants: fyndGrants,
    account: fyndAccount,
    link: ({ account }, { clientId }) => ({
      ...(account !== undefined && { company_id: readAccount(account).companyId }),
      client_id: clientId,
    }),
    echoed: ({ account }, { clientId }) => ({ company_id: account ?? '', client_id: clientId }),
    echoRequired: true,
    landing: extensionPage,
    returnParameter: 'redirect_path',
    paths: {
      base: (app) => (app === 'fynd' ? 'fp' : `${app}/fp`),
      install: 'install',
      callback: 'auth',
    },
    frameAncestors: ({ panelOrigins }) => panelOrigins,
    reusable: (connection, { request, options: { launch, scopes } }) =>
      launch === 'reuse' &&
      userOf(connection.account) !== undefined &&
      connection.merchant === request.account &&
      scopes.every((scope) => connection.scopes.includes(scope)),
  },
  webhooks: fyndWebhooks,
  probe: ({ account }) => {
    const { companyId } = readAccount(account ?? '');
    return urlPath`/service/platform/configuration/v1.0/company/${companyId}/application`;
  },
  apiProblem: readFyndProblem,
  check: checkOptions,
});

/** The apps of Fynd, and the services of the core, for the classes of this library. */
export class FyndHandle extends fynd.Handle {}
export type FyndApp = ReturnType<FyndHandle['app']>;
