import type {
  AnsweredAccount,
  AnsweredGrant,
  CodeGrant,
  InstallRequest,
  TokenAnswer,
} from '@nest-flock/core/provider';
import { readUserId } from './fynd.account.js';
import { fyndEndpoints } from './fynd.endpoints.js';
import type { FyndOptions } from './fynd.variables.js';

/**
 * The one code buys the user's online token and the company's offline token, each at its own route
 * (authorization guide, steps 4.1 and 4.2). A company whose offline token lives with all scopes that
 * are asked for keeps it: a launch is not an install.
 */
export function fyndGrants(
  request: InstallRequest,
  { options, code }: { readonly options: FyndOptions; readonly code: string },
): readonly CodeGrant[] {
  const companyId = request.account ?? '';
  const { token, offlineToken } = fyndEndpoints(options, { account: companyId });
  const { scopes, accessModes } = options;
  const online: CodeGrant = {
    name: 'online',
    url: token,
    parameters: { grant_type: 'authorization_code', code },
    dialect: { encoding: options.encoding },
    renewable: false,
  };
  const offline: CodeGrant = {
    name: 'offline',
    url: offlineToken,
    parameters: { grant_type: 'authorization_code', code, scope: scopes },
    // The guide puts the credential into the header and into the body.
    dialect: { encoding: 'json', clientAuthentication: 'both' },
    keepCode: true,
    unlessActive: { account: companyId, scopes },
  };
  return [
    ...(accessModes.includes('online') ? [online] : []),
    ...(accessModes.includes('offline') ? [offline] : []),
  ];
}

/** Whose token it is: the company that the attempt was for, and the user that Fynd names. */
export function fyndAccount(
  answer: TokenAnswer,
  { request: { account: companyId }, grant }: AnsweredGrant,
): AnsweredAccount | undefined {
  if (companyId === undefined) return undefined;
  if (grant === 'offline') return { account: companyId, merchant: companyId };
  const userId = readUserId(answer.current_user);
  if (userId === undefined) return undefined;
  return { account: `${companyId}:${userId}`, merchant: companyId };
}
