import type { ProxyFault } from './fault-proxy.js';

/** An answer of a token endpoint that is no token; the provider never saw the request. */
export interface BadAnswer {
  readonly name: string;
  readonly fault: ProxyFault;
  /** Nobody knows; a clear no; the app's own credential is wrong. */
  readonly means: 'unknown' | 'refused' | 'rejected';
}

/** Words of a provider that nobody may repeat. */
export const RAW_WORDS = 'words-of-the-provider-itself';

const json = (status: number, body: unknown): ProxyFault => ({
  kind: 'answer',
  status,
  headers: { 'content-type': 'application/json' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const html = (status: number): ProxyFault => ({
  kind: 'answer',
  status,
  headers: { 'content-type': 'text/html' },
  body: `<html>${RAW_WORDS}</html>`,
});
const error = (status: number, code: string): ProxyFault =>
  json(status, { error: code, error_description: RAW_WORDS });

const TOKEN = 'contract-token-that-never-was';

/** Everything that an endpoint was seen to answer in place of a token, with the row of each. */
export const BAD_ANSWERS: readonly BadAnswer[] = [
  { name: 'F17: 200 with HTML', fault: html(200), means: 'unknown' },
  {
    name: 'F17: 200 with JSON that breaks off',
    fault: json(200, `{"access_token":"${TOKEN}"`),
    means: 'unknown',
  },
  {
    name: 'F17: a connection that ends within the body',
    fault: { kind: 'cut', body: `{"access_token":"${TOKEN}",` },
    means: 'unknown',
  },
  { name: 'F17: 200 with {}', fault: json(200, {}), means: 'unknown' },
  { name: 'F17: 200 with a list', fault: json(200, [TOKEN]), means: 'unknown' },
  {
    name: 'F17: a token that is no text',
    fault: json(200, { access_token: { value: TOKEN }, expires_in: 60 }),
    means: 'unknown',
  },
  {
    name: 'F17: a token that is empty',
    fault: json(200, { access_token: '', expires_in: 60 }),
    means: 'unknown',
  },
  {
    name: 'F18: 200 with an OAuth error beside a token',
    fault: json(200, { error: 'invalid_request', access_token: TOKEN, expires_in: 60 }),
    means: 'refused',
  },
  {
    name: 'F18: 200 with invalid_client',
    fault: error(200, 'invalid_client'),
    means: 'rejected',
  },
  { name: 'F18: 400 without JSON', fault: html(400), means: 'refused' },
  {
    name: 'F18: 400 with a code that nobody knows',
    fault: error(400, 'nobody_knows'),
    means: 'refused',
  },
  { name: 'F20: 500', fault: html(500), means: 'unknown' },
  { name: 'F20: 503 with JSON', fault: error(503, 'server_error'), means: 'unknown' },
  { name: 'F20: a reset', fault: { kind: 'reset' }, means: 'unknown' },
  {
    name: 'F21: no answer in time',
    fault: { kind: 'stall', after: 'nothing' },
    means: 'unknown',
  },
  {
    name: 'F21: a body that stands still',
    fault: { kind: 'stall', after: 'half' },
    means: 'unknown',
  },
  {
    name: 'F22: a token of a megabyte',
    fault: json(200, { access_token: 'x'.repeat(1_000_000), expires_in: 60 }),
    means: 'unknown',
  },
  {
    name: 'F24: 401 without JSON',
    fault: html(401),
    means: 'rejected',
  },
];

/** Lives that are none: the provider's default holds. */
export const ODD_LIVES: readonly { readonly name: string; readonly value: unknown }[] = [
  { name: 'F15: expires_in missing', value: undefined },
  { name: 'F15: expires_in null', value: null },
  { name: 'F16: expires_in a word', value: 'soon' },
  { name: 'F16: expires_in a fraction as text', value: '3599.5' },
  { name: 'F16: expires_in zero', value: 0 },
  { name: 'F16: expires_in negative', value: -3_600 },
  { name: 'F16: expires_in of 30,000 years', value: 1e12 },
];
