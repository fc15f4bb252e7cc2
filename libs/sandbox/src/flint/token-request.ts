import type { Exchange } from '../server/exchange.js';
import type { FlintWorld } from './flint-world.js';
import type { Parameters } from '../oauth/parameters.js';

/** Why a token request cannot be read. */
export interface MisreadTokenRequest {
  readonly error: 'invalid_request' | 'unsupported_grant_type';
  readonly description: string;
}

const NEEDED: Readonly<Record<string, readonly string[]>> = {
  authorization_code: ['code', 'redirect_uri'],
  refresh_token: ['refresh_token'],
};

/** Checks the form of a token request; records what a correct client would not send. */
export function readTokenRequest(
  world: FlintWorld,
  exchange: Exchange,
  form: Parameters,
): MisreadTokenRequest | undefined {
  const refuse = (
    rule: string,
    description: string,
    error: MisreadTokenRequest['error'] = 'invalid_request',
  ): MisreadTokenRequest => {
    world.records.violate(rule, description);
    return { error, description };
  };
  if (!/^application\/x-www-form-urlencoded *(;|$)/i.test(exchange.header('content-type') ?? '')) {
    return refuse('wrong_content_type', 'The body must be application/x-www-form-urlencoded.');
  }
  if (exchange.query !== '') {
    return refuse('token_in_query', 'The token route takes no query.');
  }
  if (form.repeated.length > 0) {
    return refuse('duplicate_parameter', `Sent more than once: ${form.repeated.join(', ')}.`);
  }
  const grantType = form.get('grant_type');
  if (grantType === undefined) return refuse('missing_field', 'grant_type is missing.');
  const needed = Object.hasOwn(NEEDED, grantType) ? NEEDED[grantType] : undefined;
  if (!needed) {
    return refuse(
      'unsupported_grant_type',
      'grant_type must be authorization_code or refresh_token.',
      'unsupported_grant_type',
    );
  }
  const missing = needed.find((name) => form.get(name) === undefined);
  return missing === undefined ? undefined : refuse('missing_field', `${missing} is missing.`);
}
