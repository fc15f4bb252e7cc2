import { FlockError } from '@nest-flock/core';
import { DEFAULT_ACCOUNT, defineProvider, variable } from '@nest-flock/core/provider';
import type { ConfiguredAccount, OptionsOf, ProviderPlace } from '@nest-flock/core/provider';
import { readCustomers } from './flinks-pay.customer.js';
import type { FlinksPayCustomer } from './flinks-pay.customer.js';
import { flinksPayWebhooks } from './flinks-pay.webhooks.js';
import { readFlinksPayProblem } from './flinks-pay.problem.js';

export const FLINKS_PAY = 'flinks-pay';
/** The base URL says whether it is a sandbox: FlinksPay itself has no word for it. */
export const ENVIRONMENT = 'default';

export const FLINKS_PAY_VARIABLES = {
  baseUrl: variable.optionalBaseUrl({
    env: 'BASE_URL',
    expected: 'your own base URL, such as https://acme.example, without /api',
    where: 'handed over at onboarding',
  }),
  username: variable.optionalText({
    env: 'USERNAME',
    expected: 'the username (client id) of your API credential',
    where: 'handed over at onboarding',
  }),
  password: variable.optionalSecret({
    env: 'PASSWORD',
    expected: 'the password (client secret) of your API credential',
    where: 'handed over at onboarding',
  }),
  /** Several customers in one app. */
  customers: variable.custom<readonly FlinksPayCustomer[]>({
    env: 'CUSTOMERS',
    expected:
      'a list such as [{"account":"acme","baseUrl":"https://acme.example","username":"…","password":"…"}]',
    read: readCustomers,
    default: [],
  }),
  /** Hosts that customers registered at run time may be on. */
  serverHosts: variable.list({
    env: 'SERVER_HOSTS',
    expected: 'host names, or .suffix for every name below it, separated by commas',
    default: [],
  }),
  /** The Authorize page wants form fields, the v2 overviews HTTP Basic: as your instance has it. */
  clientAuthentication: variable.choice({
    env: 'CLIENT_AUTHENTICATION',
    choices: ['body', 'basic'],
    default: 'body',
  }),
  /** Of the default account; customers have theirs in the list. */
  webhookSecrets: variable.secrets({
    env: 'WEBHOOK_SECRETS',
    where: 'agreed when FlinksPay enables the webhook',
  }),
  /** Asks how a session stands every so many seconds until it has ended; 0 never asks. */
  pollSeconds: variable.number({ env: 'POLL_SECONDS', min: 0, max: 86_400, default: 30 }),
  /** How v1 spells the URLs that the payer is sent back to: newer and older page. */
  clientUrlsField: variable.choice({
    env: 'CLIENT_URLS_FIELD',
    choices: ['clientUrls', 'clientURIs'],
    default: 'clientUrls',
  }),
};

export type FlinksPayOptions = OptionsOf<typeof FLINKS_PAY_VARIABLES>;

export const flinksPay = defineProvider({
  provider: FLINKS_PAY,
  title: 'FlinksPay',
  variables: FLINKS_PAY_VARIABLES,
  environments: [ENVIRONMENT],
  grant: 'client_credentials',
  // 299 s on the v1 pages, 599 s on the v2 ones; a token for one use outlives neither.
  profile: { rotates: false, defaultLifetimeSeconds: 299 },
  // Authorize page: a token starts a single session.
  tokenPerUse: true,
  // None is documented: nothing would come of repeating a write with the same key.
  idempotencyKeys: false,
  accounts,
  allowedHosts: ({ serverHosts }) => serverHosts,
  server,
  endpoints: { token: '/api/v1/authorize' },
  dialect: ({ clientAuthentication }) => ({
    clientAuthentication,
    fields: { id: 'Username', secret: 'Password' },
  }),
  webhooks: flinksPayWebhooks,
  apiProblem: readFlinksPayProblem,
  check,
});

/** The apps of FlinksPay, and the services of the core, for the classes of this library. */
export class FlinksPayHandle extends flinksPay.Handle {}

function accounts({ baseUrl, username, password, customers }: FlinksPayOptions) {
  const all: ConfiguredAccount[] = customers.map((customer) => ({
    environment: ENVIRONMENT,
    account: customer.account,
    id: customer.username,
    secret: customer.password,
    serverUrl: customer.baseUrl,
  }));
  if (baseUrl !== undefined && username !== undefined && password !== undefined) {
    all.push({
      environment: ENVIRONMENT,
      account: DEFAULT_ACCOUNT,
      id: username,
      secret: password,
      serverUrl: baseUrl,
    });
  }
  return all;
}

/**
 * A base URL belongs to one customer, so that of the default account serves no other.
 * @throws FlockError `not_connected` for an account that was registered without one
 */
function server(
  { baseUrl }: FlinksPayOptions,
  { account = DEFAULT_ACCOUNT }: ProviderPlace,
): string {
  if (account === DEFAULT_ACCOUNT && baseUrl !== undefined) return baseUrl;
  throw new FlockError(
    'not_connected',
    `The account "${account}" of FlinksPay has no base URL: register it with its serverUrl.`,
  );
}

function check(options: FlinksPayOptions): string[] {
  const { baseUrl, username, password, customers, serverHosts } = options;
  const parts = { BASE_URL: baseUrl, USERNAME: username, PASSWORD: password };
  const missing = Object.entries(parts).filter(([, value]) => value === undefined);
  const names = accounts(options).map(({ account }) => account);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  const problems: string[] = [];
  if (missing.length > 0 && missing.length < 3) {
    problems.push(
      `${missing.map(([name]) => name).join(' and ')} missing; expected BASE_URL, USERNAME and PASSWORD together`,
    );
  }
  if (missing.length === 3 && customers.length === 0 && serverHosts.length === 0) {
    problems.push(
      'no credential; expected BASE_URL, USERNAME and PASSWORD, or CUSTOMERS, or SERVER_HOSTS for customers that are registered at run time',
    );
  }
  if (repeated !== undefined) {
    problems.push(`two customers have the account "${repeated}"; expected a name of its own each`);
  }
  return problems;
}
