import type { Answer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import type { FluteEnvironment } from './flute-environment.js';
import type { FluteAccessToken } from './flute-token.js';
import type { FluteWorld } from './flute-world.js';
import { envelopeAnswer, unauthorizedAnswer } from './problem.js';

/** The good access token of a request, or the answer that refuses it. */
export function readAccess(
  world: FluteWorld,
  environment: FluteEnvironment,
  exchange: Exchange,
  value: string | undefined,
): { readonly access: FluteAccessToken } | { readonly refusal: Answer } {
  const { records, settings, tokens, keys } = world;
  if (new URLSearchParams(exchange.query).has('access_token')) {
    records.violate('token_in_query', 'An access token was sent in the query.');
    return { refusal: envelopeAnswer(settings, 400, 'Tokens do not belong in a URL.') };
  }
  if (
    exchange.header('authorization') !== undefined &&
    exchange.header('x-api-key') !== undefined
  ) {
    records.violate('two_credentials', 'An API key and a bearer token on one request.');
    return { refusal: envelopeAnswer(settings, 400, 'More than one credential was sent.') };
  }
  const refused = { refusal: unauthorizedAnswer(settings, 'The token is not valid.') };
  const access = value === undefined ? undefined : tokens.findAccess(value);
  if (!access) return refused;
  if (access.environment !== environment) {
    records.violate(
      'wrong_environment',
      `A token of ${access.environment} was sent to ${environment}.`,
    );
    return refused;
  }
  const alive = access.expiresAt > Date.now() && keys.find(access.key.client_id) === access.key;
  return alive ? { access } : refused;
}
