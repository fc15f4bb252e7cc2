import { variable } from '@nest-flock/core/provider';
import type { OptionsOf } from '@nest-flock/core/provider';
import { readCustomers } from './flinks-pay.customer.js';
import type { FlinksPayCustomer } from './flinks-pay.customer.js';

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
