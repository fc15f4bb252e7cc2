import type { TokenRequest } from '../foundation/http/token-transport.js';
import type { TokenCall } from './token-call.js';
import type { TokenDialect, ClientCredential } from './token-call.js';

/** Builds the one POST of a grant. */
export function buildTokenRequest(
  url: string,
  parameters: TokenCall['parameters'],
  client: ClientCredential,
  dialect: TokenDialect,
): TokenRequest {
  const { clientAuthentication, encoding } = dialect;
  const fields: Record<string, string | readonly string[]> = { ...parameters };
  const headers: Record<string, string> = { accept: 'application/json' };
  if (clientAuthentication !== 'body') headers.authorization = basicAuthorization(client);
  if (clientAuthentication !== 'basic') {
    const names = dialect.fields ?? { id: 'client_id', secret: 'client_secret' };
    fields[names.id] = client.id;
    fields[names.secret] = client.secret;
  }
  if (encoding === 'json') {
    headers['content-type'] = 'application/json';
    return { url, method: 'POST', headers, body: JSON.stringify(fields) };
  }
  const form = new URLSearchParams(
    Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  if (encoding === 'query') {
    const joined = `${url}${url.includes('?') ? '&' : '?'}${form}`;
    return { url: joined, method: 'POST', headers, body: '' };
  }
  headers['content-type'] = 'application/x-www-form-urlencoded';
  return { url, method: 'POST', headers, body: form };
}

/** RFC 6749 2.3.1: id and secret are form-encoded before they are joined and base64-encoded. */
function basicAuthorization({ id, secret }: ClientCredential): string {
  const encode = (text: string) => new URLSearchParams({ '': text }).toString().slice(1);
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`;
}
