import { readBasic, sameSecret, type Credentials } from '../oauth/basic.js';
import type { Exchange } from '../server/exchange.js';
import type { FlintApp } from './flint-app.js';
import type { FlintWorld } from './flint-world.js';
import type { Parameters } from '../oauth/parameters.js';

/** Who calls the token route, or why that cannot be said. */
export type ClientVerdict =
  | { readonly app: FlintApp }
  | {
      readonly status: 400 | 401;
      readonly error: 'invalid_request' | 'invalid_client';
      readonly description: string;
      readonly violation?: string;
      readonly clientId?: string;
    };

/** Finds out which app calls, by HTTP Basic or by `client_id` and `client_secret` in the form. */
export function authenticateClient(
  world: FlintWorld,
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
    exchange.header('x-api-key') !== undefined
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
  if (!given) return wrong('invalid_client', 'No client credentials.', 'no_client_credentials');
  const wanted = world.settings.clientAuthentication;
  if (wanted !== 'either' && (wanted === 'basic') !== (basic !== undefined)) {
    const where = wanted === 'basic' ? 'HTTP Basic' : 'the form';
    return wrong(
      'invalid_client',
      `Credentials belong in ${where}.`,
      'client_authentication_method',
    );
  }
  if (basic && form.has('client_id') && form.get('client_id') !== basic.id) {
    return wrong('invalid_request', 'Two different client ids.', 'two_credentials');
  }
  const app = world.directory.app(given.id);
  if (!app || !sameSecret(app.client_secret, given.secret)) {
    return { ...wrong('invalid_client', 'Unknown client, or wrong secret.'), clientId: given.id };
  }
  return { app };
}

function wrong(
  error: 'invalid_request' | 'invalid_client',
  description: string,
  violation?: string,
): Exclude<ClientVerdict, { app: FlintApp }> {
  return { status: error === 'invalid_client' ? 401 : 400, error, description, violation };
}

function bodyCredentials(form: Parameters): Credentials | undefined {
  const id = form.get('client_id');
  const secret = form.get('client_secret');
  return id === undefined || secret === undefined ? undefined : { id, secret };
}
