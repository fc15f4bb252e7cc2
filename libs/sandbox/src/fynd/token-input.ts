import { readBasic, sameSecret, type Credentials } from '../oauth/basic.js';
import { Parameters } from '../oauth/parameters.js';
import type { Exchange } from '../server/exchange.js';
import type { FyndExtension } from './fynd-extension.js';
import type { FyndWorld } from './fynd-world.js';

/** The fields of a token request, however they were written. */
export interface TokenInput {
  readonly encoding: 'json' | 'form';
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Reads the body; a text says what is wrong with it. */
export function readInput(world: FyndWorld, exchange: Exchange, body: string): TokenInput | string {
  const type = exchange.header('content-type') ?? '';
  const wrong = (rule: string, text: string): string => {
    world.records.violate(rule, text);
    return text;
  };
  if (exchange.query !== '') return wrong('token_in_query', 'The token routes take no query.');
  if (/^application\/json *(;|$)/i.test(type)) {
    try {
      const fields: unknown = JSON.parse(body);
      if (typeof fields === 'object' && fields !== null && !Array.isArray(fields)) {
        return { encoding: 'json', fields: fields as Record<string, unknown> };
      }
    } catch {
      // As below.
    }
    return wrong('malformed_json', 'The body is no JSON object.');
  }
  if (/^application\/x-www-form-urlencoded *(;|$)/i.test(type)) {
    const parameters = new Parameters(body);
    if (parameters.repeated.length > 0) {
      return wrong(
        'duplicate_parameter',
        `Sent more than once: ${parameters.repeated.join(', ')}.`,
      );
    }
    return { encoding: 'form', fields: Object.fromEntries(new URLSearchParams(body)) };
  }
  return wrong('wrong_content_type', 'The body must be JSON or a form.');
}

export const textOf = (input: TokenInput, name: string): string | undefined => {
  const value = input.fields[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** The extension that calls: always by HTTP Basic. A text says why nobody does. */
export function authenticate(
  world: FyndWorld,
  exchange: Exchange,
):
  { readonly extension: FyndExtension } | { readonly refusal: string; readonly clientId?: string } {
  const header = exchange.header('authorization');
  const basic: Credentials | undefined = header === undefined ? undefined : readBasic(header);
  if (basic) world.records.secrets.note(basic.secret);
  if (!basic) {
    world.records.violate('no_client_credentials', 'The token routes want HTTP Basic.');
    return { refusal: 'No client credentials.' };
  }
  const extension = world.extensions.get(basic.id);
  if (!extension || !sameSecret(extension.client_secret, basic.secret)) {
    return { refusal: 'Unknown API key, or wrong secret.', clientId: basic.id };
  }
  return { extension };
}
