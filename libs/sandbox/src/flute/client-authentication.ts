import { readBasic, sameSecret, type Credentials } from '../oauth/basic.js';
import type { Parameters } from '../oauth/parameters.js';
import type { Exchange } from '../server/exchange.js';
import type { FluteEnvironment } from './flute-environment.js';
import type { FluteKey } from './flute-key.js';
import type { FluteWorld } from './flute-world.js';

/** Whose key calls the token route, or why that cannot be said. */
export type ClientVerdict =
  | { readonly key: FluteKey }
  | {
      readonly status: 400 | 401;
      readonly error: 'invalid_request' | 'invalid_client';
      readonly description: string;
      /** Set when a correct client would not have sent it. */
      readonly violation?: string;
      readonly clientId?: string;
    };

/** Finds out whose key it is, by HTTP Basic or by `client_id` and `client_secret` in the form. */
export function authenticateClient(
  world: FluteWorld,
  environment: FluteEnvironment,
  exchange: Exchange,
  form: Parameters,
): ClientVerdict {
  const header = exchange.header('authorization');
  const inBody = form.get('client_secret');
  const basic = header === undefined ? undefined : readBasic(header);
  if (basic) world.records.secrets.note(basic.secret);
  if (inBody !== undefined) world.records.secrets.note(inBody);

  if (
    (header !== undefined && inBody !== undefined) ||
    (basic !== undefined && form.has('client_id') && form.get('client_id') !== basic.id)
  ) {
    return wrong('invalid_request', 'More than one credential was sent.', 'two_credentials');
  }
  if (header !== undefined && !basic) {
    return wrong(
      'invalid_client',
      'The Authorization header is not HTTP Basic.',
      'malformed_basic',
    );
  }
  const given = basic ?? bodyCredentials(form);
  if (!given) {
    // Observed at Flute: 400, not 401.
    const description = "The mandatory 'client_id' parameter is missing.";
    return wrong('invalid_request', description, 'no_client_credentials');
  }
  const wanted = world.settings.clientAuthentication;
  if (wanted !== 'either' && (wanted === 'basic') !== (basic !== undefined)) {
    const where = wanted === 'basic' ? 'HTTP Basic' : 'the form';
    return wrong(
      'invalid_client',
      `Credentials belong in ${where}.`,
      'client_authentication_method',
    );
  }
  const key = world.keys.find(given.id);
  if (!key || !sameSecret(key.client_secret, given.secret)) {
    return { ...wrong('invalid_client', 'Unknown client, or wrong secret.'), clientId: given.id };
  }
  if (!key.environments.includes(environment)) {
    const description = `This key is not of ${environment}.`;
    return { ...wrong('invalid_client', description, 'wrong_environment'), clientId: given.id };
  }
  return { key };
}

function wrong(
  error: 'invalid_request' | 'invalid_client',
  description: string,
  violation?: string,
): Exclude<ClientVerdict, { key: FluteKey }> {
  return {
    status: error === 'invalid_client' ? 401 : 400,
    error,
    description,
    ...(violation !== undefined && { violation }),
  };
}

function bodyCredentials(form: Parameters): Credentials | undefined {
  const id = form.get('client_id');
  const secret = form.get('client_secret');
  return id === undefined || secret === undefined ? undefined : { id, secret };
}
