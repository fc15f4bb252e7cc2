import type { FyndAccess } from './fynd-tokens.js';
import { misreadCredential, misreadEncoding, wrong } from './misread.js';
import { textOf, type TokenInput } from './token-input.js';
import type { FyndTokenRequest, FyndVerdict } from './token-verdict.js';

/** The exchange of a code: once at each of the two routes, within its life. */
export function exchangeCode(request: FyndTokenRequest): FyndVerdict {
  const { world, input, extension, companyId, route } = request;
  const access: FyndAccess = route === 'token' ? 'online' : 'offline';
  const misread = misreadOf(request);
  if (misread) return misread;
  const code = world.tokens.code(textOf(input, 'code') ?? '');
  if (!code) return { description: 'The code is unknown.', violation: 'unknown_code' };
  if (code.extension !== extension) {
    return { description: 'The code is of another client.', violation: 'code_of_another_client' };
  }
  if (String(code.company.company_id) !== companyId) {
    return { description: 'The code is of another company.', violation: 'wrong_company' };
  }
  if (code.exchanged.has(access)) {
    return { description: `The code has been exchanged at ${route}.`, violation: 'code_reused' };
  }
  if (Date.now() > code.issuedAt + world.settings.codeSeconds * 1000) {
    return { description: 'The code has expired.' };
  }
  if (access === 'online') {
    code.exchanged.add(access);
    return { answer: world.tokens.issueOnline(code) };
  }
  const scopes = scopesOf(input);
  if (!scopes) {
    return wrong('missing_field', 'scope must be a list of scopes, or scopes joined by commas.');
  }
  if (scopes.some((scope) => !code.scopes.includes(scope))) {
    return {
      error: 'invalid_scope',
      description: 'scope is wider than what was consented to.',
      violation: 'scope_too_wide',
    };
  }
  code.exchanged.add(access);
  const override = world.settings.offlineScopesOverride?.split(',').filter(Boolean);
  const grant = {
    extension,
    company: code.company,
    code: code.value,
    scopes: override ?? scopes,
    alive: true,
  };
  return { answer: world.tokens.issueOffline(grant) };
}

function misreadOf(request: FyndTokenRequest): FyndVerdict | undefined {
  const { world, input, route } = request;
  if (textOf(input, 'grant_type') !== 'authorization_code') {
    return wrong('unsupported_grant_type', 'grant_type must be authorization_code.');
  }
  if (textOf(input, 'code') === undefined) return wrong('missing_field', 'code is missing.');
  const { onlineEncoding, offlineEncoding } = world.settings;
  if (route === 'token') {
    return misreadEncoding(request, onlineEncoding) ?? misreadCredential(request, 'none');
  }
  return misreadEncoding(request, offlineEncoding) ?? misreadCredential(request, 'required');
}

/** A list, as in the guide's command line, or texts joined by commas, as in its table. */
function scopesOf({ fields: { scope } }: TokenInput): readonly string[] | undefined {
  const list: unknown[] = Array.isArray(scope)
    ? scope
    : typeof scope === 'string'
      ? scope.split(',').filter(Boolean)
      : [];
  const texts = list.filter((one): one is string => typeof one === 'string' && one !== '');
  return texts.length > 0 && texts.length === list.length ? texts : undefined;
}
