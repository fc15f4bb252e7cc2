import { variable } from '@nest-flock/core/provider';
import type { OptionsOf } from '@nest-flock/core/provider';
import { FLEX_PAY_ENVIRONMENTS } from './flex-pay.merchant.js';
import type { FlexPayMerchant } from './flex-pay.merchant.js';
import { readMerchants } from './flex-pay.merchants.js';

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
