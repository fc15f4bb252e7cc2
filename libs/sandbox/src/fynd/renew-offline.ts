import type { FyndTokenRequest, FyndVerdict } from './token-verdict.js';
import { misreadCredential, misreadEncoding, wrong } from './misread.js';
import { textOf } from './token-input.js';

/** A renewal, in the guide's way or in the official libraries'. `keep`: do not replace for this once. */
export function renewOffline(request: FyndTokenRequest, keep = false): FyndVerdict {
  const { world, input, extension, companyId } = request;
  const misread = misreadOf(request);
  if (misread) return misread;
  const value = textOf(input, 'refresh_token') ?? '';
  const token = world.tokens.refresh(value);
  if (!token) {
    return { description: 'The refresh token is unknown.', violation: 'unknown_refresh_token' };
  }
  const { grant } = token;
  if (grant.extension !== extension) {
    return {
      description: 'The refresh token is of another client.',
      violation: 'refresh_token_of_another_client',
    };
  }
  if (String(grant.company.company_id) !== companyId) {
    return { description: 'The refresh token is of another company.', violation: 'wrong_company' };
  }
  if (!grant.alive) return { description: 'The extension was uninstalled.' };
  const code = textOf(input, 'code');
  if (code !== undefined && code !== grant.code) {
    return { description: 'The code is not the one of this grant.', violation: 'wrong_code' };
  }
  if (world.tokens.isSpent(token)) {
    const violation = token.replacementDelivered ? 'rotated_refresh_token_reused' : undefined;
    return { description: 'The refresh token has been replaced.', reuse: true, violation };
  }
  if (!world.settings.rotation || keep) {
    return { answer: world.tokens.issueOffline(grant, token, value) };
  }
  token.rotated = true;
  return { answer: world.tokens.issueOffline(grant, token), spent: token };
}

function misreadOf(request: FyndTokenRequest): FyndVerdict | undefined {
  const { world, input, route } = request;
  const { renewal, offlineEncoding } = world.settings;
  const way = route === 'offline-token' ? 'guide' : 'library';
  if (renewal !== 'either' && renewal !== way) {
    return wrong('renewal_form', `Renewals are made the ${renewal}'s way.`);
  }
  const expected = way === 'guide' ? 'authorization_code' : 'refresh_token';
  if (textOf(input, 'grant_type') !== expected) {
    return wrong('unsupported_grant_type', `grant_type must be ${expected} here.`);
  }
  if (way === 'guide' && textOf(input, 'code') === undefined) {
    return wrong('missing_field', 'code is missing: a renewal repeats the one of the install.');
  }
  // The libraries renew with a form, whatever the code was exchanged with.
  const encoding = way === 'guide' ? offlineEncoding : 'form';
  return misreadEncoding(request, encoding) ?? misreadCredential(request, 'none');
}
