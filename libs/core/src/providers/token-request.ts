import type { TokenRequest } from '../http/token-transport.js';

/** How a provider's token endpoint wants to be spoken to. */
export interface TokenDialect {
  /** RFC 6749 2.3.1: `basic` in the header, `body` as parameters. */
  readonly clientAuthentication: 'basic' | 'body';
  readonly encoding: 'form' | 'json' | 'query';
}

export interface ClientCredential {
  readonly id: string;
  readonly secret: string;
}

/** Builds the one POST of a grant. */
export function buildTokenRequest(
  url: string,
  parameters: Readonly<Record<string, string>>,
  client: ClientCredential,
  dialect: TokenDialect,
): TokenRequest {
  const fields: Record<string, string> = { ...parameters };
  const headers: Record<string, string> = { accept: 'application/json' };
  if (dialect.clientAuthentication === 'basic') {
    headers.authorization = basicAuthorization(client);
  } else {
    fields.client_id = client.id;
    fields.client_secret = client.secret;
  }
  if (dialect.encoding === 'json') {
    headers['content-type'] = 'application/json';
    return { url, method: 'POST', headers, body: JSON.stringify(fields) };
  }
  const form = new URLSearchParams(fields).toString();
  if (dialect.encoding === 'query') {
    return {
      url: `${url}${url.includes('?') ? '&' : '?'}${form}`,
      method: 'POST',
      headers,
      body: '',
    };
  }
  headers['content-type'] = 'application/x-www-form-urlencoded';
  return { url, method: 'POST', headers, body: form };
}

/** RFC 6749 2.3.1: id and secret are form-encoded before they are joined and base64-encoded. */
function basicAuthorization({ id, secret }: ClientCredential): string {
  const encode = (text: string) => new URLSearchParams({ '': text }).toString().slice(1);
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`;
}
