import { SandboxError } from '../sandbox-error.js';
import type { FyndAuthorizeRequest } from './authorize-request.js';
import { consentKey } from './consent-key.js';
import type { FyndWorld } from './fynd-world.js';

/** Carries out an approval by one user; returns the callback URL. */
export function approve(
  world: FyndWorld,
  request: FyndAuthorizeRequest,
  userId: string | undefined,
): string {
  const { extension, company, scopes, redirectUri, state } = request;
  const user =
    userId === undefined ? company.users[0] : company.users.find(({ _id }) => _id === userId);
  if (!user) {
    throw new SandboxError(`Company ${company.company_id} has no user "${userId ?? ''}".`);
  }
  world.consents.add(consentKey(request, user._id));
  world.signedIn.set(company.company_id, user._id);
  const code = world.tokens.issueCode({ extension, company, user, scopes });
  return callbackUrl(redirectUri, {
    code,
    state,
    client_id: extension.client_id,
    company_id: String(company.company_id),
  });
}

/** Not documented: the page says that nothing is called then. Libraries expect `error` all the same. */
export function deny({ redirectUri, state }: FyndAuthorizeRequest): string {
  return callbackUrl(redirectUri, { error: 'access_denied', state });
}

function callbackUrl(redirectUri: string, parameters: Readonly<Record<string, string>>): string {
  const mark = redirectUri.includes('?') ? '&' : '?';
  return `${redirectUri}${mark}${new URLSearchParams(parameters).toString()}`;
}
