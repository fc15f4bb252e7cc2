import { DEFAULT_ACCOUNT } from '@nest-flock/core/provider';
import type { ConfiguredAccount } from '@nest-flock/core/provider';
import type { FlinksPayOptions } from './flinks-pay.variables.js';

/** The base URL says whether it is a sandbox: FlinksPay itself has no word for it. */
const environment = 'default';

/** The customers of the list, and the one that the configuration is about, which is the account `default`. */
export function configuredAccounts({
  baseUrl,
  username,
  password,
  customers,
}: FlinksPayOptions): readonly ConfiguredAccount[] {
  const own =
    baseUrl !== undefined && username !== undefined && password !== undefined
      ? [{ account: DEFAULT_ACCOUNT, baseUrl, username, password }]
      : [];
  return [...customers, ...own].map((customer) => ({
    environment,
    account: customer.account,
    id: customer.username,
    secret: customer.password,
    serverUrl: customer.baseUrl,
  }));
}
