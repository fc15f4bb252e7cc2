import { timingSafeEqual } from 'node:crypto';
import type { Exchange } from '../server/exchange.js';
import type { FlintApp } from './flint-app.js';
import type { FlintWorld } from './flint-world.js';
import type { Parameters } from './parameters.js';

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

interface Credentials {
  readonly id: string;
  readonly secret: string;
}

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

/** RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined by a colon. */
function readBasic(header: string): Credentials | undefined {
  const encoded = /^basic +([a-z\d+/]+=*)$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 1) return undefined;
  try {
    return { id: formDecode(pair.slice(0, colon)), secret: formDecode(pair.slice(colon + 1)) };
  } catch {
    return undefined;
  }
}

function formDecode(value: string): string {
  return decodeURIComponent(value.replaceAll('+', ' '));
}

function sameSecret(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
