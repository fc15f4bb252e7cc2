import type { ProviderEndpoints, ProviderPlace } from '@nest-flock/core/provider';
import { readAccount } from './fynd.account.js';
import type { FyndOptions } from './fynd.variables.js';

/** Every path names the company (authorization guide, steps 2 and 4). */
export function fyndEndpoints(
  { baseUrl }: Pick<FyndOptions, 'baseUrl'>,
  { account }: Pick<ProviderPlace, 'account'>,
): ProviderEndpoints & { readonly offlineToken: string } {
  const companyId = account === undefined ? '0' : readAccount(account).companyId;
  const oauth = `${baseUrl}/service/panel/authentication/v1.0/company/${companyId}/oauth`;
  return {
    authorize: `${oauth}/authorize`,
    token: `${oauth}/token`,
    offlineToken: `${oauth}/offline-token`,
    api: baseUrl,
  };
}
