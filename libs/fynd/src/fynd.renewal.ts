import type { ProviderPlace, Renewable, TokenCall } from '@nest-flock/core/provider';
import { fyndEndpoints } from './fynd.endpoints.js';
import type { FyndOptions } from './fynd.variables.js';

/** Authorization guide, step 4.3; or what the official libraries send. */
export function fyndRenewal(
  { refreshToken, code }: Renewable,
  { options, place }: { readonly options: FyndOptions; readonly place: ProviderPlace },
): TokenCall {
  const { token, offlineToken } = fyndEndpoints(options, place);
  if (options.renewal === 'refresh-token' || code === undefined) {
    return {
      url: token,
      parameters: { grant_type: 'refresh_token', refresh_token: refreshToken },
      dialect: { encoding: 'form' },
    };
  }
  return {
    url: offlineToken,
    parameters: { grant_type: 'authorization_code', code, refresh_token: refreshToken },
    dialect: { encoding: 'json' },
  };
}
