import { bearerOf } from '../oauth/bearer.js';
import type { Answer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import { errorAnswer } from './envelope.js';
import { GUIDE_SCOPE } from './flint-developers.js';
import type { FlintWorld } from './flint-world.js';
import { covers } from './scope-cover.js';

/** Keys of the guide have one scope for all; the newer contract tells reading from writing. */
const SCOPES = {
  apps: 'developer.partner_apps',
  webhooks: 'webhooks',
} as const;

/**
 * Why a developer route is not open to a request, or `undefined`. An API key comes as a bearer or in
 * `X-API-Key`, a developer session as a bearer; install tokens open none of these routes.
 */
export function refusalOfDeveloper(
  world: FlintWorld,
  exchange: Exchange,
  area: keyof typeof SCOPES,
): Answer | undefined {
  const { records, developers, tokens } = world;
  const refuse = (status: number, code: string, message: string): Answer =>
    errorAnswer(exchange.requestId, status, code, { message });
  const header = exchange.header('authorization');
  const key = exchange.header('x-api-key');
  if (key !== undefined) records.secrets.note(key);
  if (key !== undefined && header !== undefined) {
    records.violate('ambiguous_auth', 'Two credentials on one request.');
    return refuse(400, 'AMBIGUOUS_AUTH', 'Send one credential, not two.');
  }
  const credential = key ?? bearerOf(header);
  if (credential === undefined) {
    return refuse(401, 'AUTH_REQUIRED', 'An API key or a developer session is needed.');
  }
  if (tokens.grantOf(credential)) {
    records.violate('install_token_on_developer_route', 'An install token cannot manage apps.');
    return refuse(403, 'PARTNER_AUTH_UNSUPPORTED', 'Install tokens do not open this route.');
  }
  const scopes = developers.scopesOf(credential);
  if (scopes === undefined || (key !== undefined && scopes === 'all')) {
    return refuse(401, 'INVALID_API_KEY', 'The API key is unknown.');
  }
  const needed = `${SCOPES[area]}.${exchange.method === 'GET' ? 'read' : 'write'}`;
  if (scopes === 'all' || scopes.includes(GUIDE_SCOPE) || covers(scopes, needed)) return undefined;
  return errorAnswer(exchange.requestId, 403, 'INSUFFICIENT_SCOPE', {
    message: 'The API key does not have the scope that this route needs.',
    missing_scopes: [GUIDE_SCOPE, needed],
    scope_requirement: { mode: 'any', scopes: [GUIDE_SCOPE, needed] },
  });
}
