import { bearerOf } from '../oauth/bearer.js';
import { jsonAnswer, type Answer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import type { FyndAccessToken } from './fynd-tokens.js';
import type { FyndWorld } from './fynd-world.js';

/** The good token of a request about a company, or the answer that refuses it. */
export function readCompanyAccess(
  world: FyndWorld,
  exchange: Exchange,
  companyId: string,
): { readonly access: FyndAccessToken } | { readonly refusal: Answer } {
  if (new URLSearchParams(exchange.query).has('access_token')) {
    world.records.violate('token_in_query', 'An access token was sent in the query.');
    return { refusal: jsonAnswer(400, { message: 'Tokens do not belong in a URL.' }) };
  }
  const token = bearerOf(exchange.header('authorization'));
  const access = token === undefined ? undefined : world.tokens.access(token);
  if (!access || !access.alive || access.expiresAt <= Date.now()) {
    return { refusal: jsonAnswer(401, { message: 'Unauthorized' }) };
  }
  if (access.replaces) access.replaces.replacementUsed = true;
  if (String(access.company.company_id) !== companyId) {
    world.records.violate('wrong_company', 'A token was sent for another company.');
    return { refusal: jsonAnswer(403, { message: 'The token is of another company.' }) };
  }
  return { access };
}
