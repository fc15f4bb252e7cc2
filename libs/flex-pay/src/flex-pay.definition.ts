import { defineProvider, variable } from '@nest-flock/core/provider';
import type { ConfiguredAccount, OptionsOf } from '@nest-flock/core/provider';
import { FLEX_PAY_ENVIRONMENTS } from './flex-pay.merchant.js';
import type { FlexPayMerchant } from './flex-pay.merchant.js';
import { merchantProblems, readMerchants } from './flex-pay.merchants.js';
import { readFailure, readFlexPayProblem, readTokenProblem } from './flex-pay.problem.js';

export const FLEX_PAY_VARIABLES = {
  /** With `clientSecret` and `environment`: the credential of the account `default`. */
  clientId: variable.optionalText({
    env: 'CLIENT_ID',
    expected: 'the client id of the merchant',
    where: 'from your Flex Pay integration lead',
  }),
  clientSecret: variable.optionalSecret({
    env: 'CLIENT_SECRET',
    where: 'from your Flex Pay integration lead',
  }),
  environment: variable.choice({
    env: 'ENVIRONMENT',
    choices: FLEX_PAY_ENVIRONMENTS,
    default: 'pre-production',
  }),
  merchants: variable.custom<readonly FlexPayMerchant[]>({
    env: 'MERCHANTS',
    expected:
      'a JSON list of objects with account, environment, clientId, clientSecret, and perhaps serverUrl and owner',
    read: readMerchants,
    default: [],
  }),
  preProductionUrl: variable.baseUrl({
    env: 'PRE_PRODUCTION_URL',
    default: 'https://partner.credify.tech',
  }),
  productionUrl: variable.baseUrl({
    env: 'PRODUCTION_URL',
    default: 'https://partner.upgrade.com',
  }),
  /** Hosts that the `serverUrl` of a registered credential may have: exact, or `.suffix`. */
  serverHosts: variable.list({
    env: 'SERVER_HOSTS',
    expected: 'host names, or suffixes such as .upgrade.com, separated by commas',
    default: ['partner.credify.tech', 'partner.upgrade.com'],
  }),
  /** The card read's name: `payment` on the 2025 page, `card` on the newer one. */
  cardPath: variable.choice({
    env: 'CARD_PATH',
    choices: ['payment', 'card'],
    default: 'payment',
  }),
};

export type FlexPayOptions = OptionsOf<typeof FLEX_PAY_VARIABLES>;

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
  accounts,
  allowedHosts: ({ serverHosts }) => serverHosts,
  // The grant is in the query and the body is empty (Authorization page).
  dialect: () => ({ encoding: 'query' }),
  tokenProblem: readTokenProblem,
  apiProblem: readFlexPayProblem,
  apiFailure: readFailure,
  // Documented for transactions alone, whose calls bring one.
  idempotencyKeys: false,
  check,
});

/** The apps of Flex Pay, and the services of the core, for the classes of this library. */
export class FlexPayHandle extends flexPay.Handle {}

function accounts({ clientId, clientSecret, environment, merchants }: FlexPayOptions) {
  const listed = merchants.map(
    ({ clientId: id, clientSecret: secret, ...rest }): ConfiguredAccount => ({
      ...rest,
      id,
      secret,
    }),
  );
  if (clientId === undefined || clientSecret === undefined) return listed;
  return [{ environment, account: 'default', id: clientId, secret: clientSecret }, ...listed];
}

function check({ clientId, clientSecret, environment, merchants }: FlexPayOptions): string[] {
  const problems = merchantProblems(merchants);
  if ((clientId === undefined) !== (clientSecret === undefined)) {
    const [has, lacks] = clientId === undefined ? ['secret', 'id'] : ['id', 'secret'];
    problems.push(`a client ${has} without a client ${lacks}; expected both, or neither`);
  }
  const hasDefault = merchants.some(
    (one) => one.account === 'default' && one.environment === environment,
  );
  if (clientId !== undefined && hasDefault) {
    problems.push('merchants has an entry "default", which clientId and clientSecret make');
  }
  return problems;
}
