import type { Parameters } from '../oauth/parameters.js';
import type { Exchange } from '../server/exchange.js';
import type { FluteWorld } from './flute-world.js';

/** Why a token request cannot be read. */
export interface MisreadTokenRequest {
  readonly error: 'invalid_request' | 'unsupported_grant_type' | 'invalid_scope';
  readonly description: string;
}

/** Checks the form of a token request; records what a correct client would not send. */
export function readTokenRequest(
  { records, settings }: FluteWorld,
  exchange: Exchange,
  form: Parameters,
): MisreadTokenRequest | undefined {
  const refuse = (
    rule: string,
    description: string,
    error: MisreadTokenRequest['error'] = 'invalid_request',
  ): MisreadTokenRequest => {
    records.violate(rule, description);
    return { error, description };
  };
  if (!/^application\/x-www-form-urlencoded *(;|$)/i.test(exchange.header('content-type') ?? '')) {
    return refuse('wrong_content_type', 'The body must be application/x-www-form-urlencoded.');
  }
  if (exchange.query !== '') return refuse('token_in_query', 'The token route takes no query.');
  if (form.repeated.length > 0) {
    return refuse('duplicate_parameter', `Sent more than once: ${form.repeated.join(', ')}.`);
  }
  const scope = form.get('scope');
  switch (form.get('grant_type')) {
    case undefined:
      return refuse('missing_field', "The mandatory 'grant_type' parameter is missing.");
    case 'client_credentials':
      if (scope === undefined && settings.scopeRequired) {
        return refuse('missing_field', 'scope is missing; expected offline_access.');
      }
      if (scope === undefined || scope === 'offline_access') return undefined;
      return refuse('unknown_scope', 'The only scope is offline_access.', 'invalid_scope');
    case 'refresh_token':
      if (form.get('refresh_token') !== undefined) return undefined;
      return refuse('missing_field', "The mandatory 'refresh_token' parameter is missing.");
    default:
      return refuse(
        'unsupported_grant_type',
        'grant_type must be client_credentials or refresh_token.',
        'unsupported_grant_type',
      );
  }
}
