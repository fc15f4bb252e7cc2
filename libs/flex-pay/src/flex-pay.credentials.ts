import { DEFAULT_ACCOUNT } from '@nest-flock/core/provider';
import type { ConfiguredAccount } from '@nest-flock/core/provider';
import type { FlexPayOptions } from './flex-pay.variables.js';

/** The merchants of the list, and the one of `clientId`, which is the account `default`. */
export function configuredAccounts({
  clientId,
  clientSecret,
  environment,
  merchants,
}: FlexPayOptions): readonly ConfiguredAccount[] {
  const own =
    clientId !== undefined && clientSecret !== undefined
      ? [{ account: DEFAULT_ACCOUNT, environment, clientId, clientSecret }]
      : [];
  return [...own, ...merchants].map(({ clientId: id, clientSecret: secret, ...rest }) => ({
    ...rest,
    id,
    secret,
  }));
}
