import fc from 'fast-check';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { hostileNumber, hostileText, jsonOf, objectOf, wellFormed } from './arbitraries.js';

/** What a token endpoint does, byte by byte. */
export interface WildAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly how: 'whole' | 'gzip' | 'cut' | 'reset' | 'chunked';
}

const header = hostileText.map((text) => text.replace(/[^\t\x20-\x7e]/g, '').slice(0, 200));

/** Right answers, refusals and nonsense of a token endpoint; `mark` is in the tokens that it issues. */
export const wildAnswer = (mark: string): fc.Arbitrary<WildAnswer> =>
  fc.record({
    status: fc.oneof(
      { weight: 3, arbitrary: fc.constant(200) },
      {
        weight: 2,
        arbitrary: fc.constantFrom(201, 204, 302, 307, 400, 401, 403, 404, 408, 429, 500, 502, 503),
      },
      { weight: 1, arbitrary: fc.integer({ min: 200, max: 599 }) },
    ),
    headers: fc.record(
      {
        'content-type': fc.oneof(
          fc.constantFrom('application/json', 'text/html', 'application/json; charset=utf-16'),
          header,
        ),
        'retry-after': fc.oneof(
          fc.constantFrom('0', '1', '-1', '1e9'),
          hostileNumber.map(String),
          header,
        ),
        location: fc.constant('http://127.0.0.1:1/elsewhere'),
        'set-cookie': header,
        date: fc.oneof(
          fc.constantFrom(
            'Thu, 01 Jan 1970 00:00:00 GMT',
            'Fri, 31 Dec 9999 23:59:59 GMT',
            '+275760-09-13',
          ),
          header,
        ),
      },
      { requiredKeys: [] },
    ),
    body: fc.oneof(
      {
        weight: 4,
        arbitrary: jsonOf(
          objectOf({
            access_token: [
              `${mark}-access`,
              `${mark}-access`,
              `${mark}-\u0000`,
              `${mark}${'x'.repeat(20_000)}`,
            ],
            refresh_token: [`${mark}-refresh`],
            token_type: ['Bearer', 'mac'],
            expires_in: [3_600, '3600', 1, 31_536_000],
            scope: ['a b', 'a\u0000b', ['a', 'b'], 's'.repeat(20_000)],
            environment_grant_id: [`grant-${mark}`, 'a\u0000b', 'x'.repeat(190)],
            merchant_id: ['mer', 'm\u0000'],
            partner_app_install_id: ['install'],
            mode: ['test', 'test', 'live'],
          }),
        ),
      },
      {
        weight: 3,
        arbitrary: jsonOf(
          objectOf({
            error: [
              'invalid_grant',
              'invalid_client',
              'INVALID_GRANT',
              'server_error',
              { code: 'invalid_grant' },
            ],
            error_description: [mark],
          }),
        ),
      },
      { weight: 1, arbitrary: fc.constantFrom('', '<html>busy</html>', `${'x'.repeat(300_000)}`) },
    ),
    how: fc.oneof(
      { weight: 8, arbitrary: fc.constant('whole' as const) },
      { weight: 1, arbitrary: fc.constantFrom('gzip', 'cut', 'reset', 'chunked') },
    ),
  });

export function sendWild(
  { status, headers, body, how }: WildAnswer,
  response: ServerResponse,
): void {
  const bytes = Buffer.from(wellFormed(body));
  if (how === 'reset') {
    response.destroy();
    return;
  }
  if (how === 'gzip') {
    response.writeHead(status, { ...headers, 'content-encoding': 'gzip' });
    response.end(gzipSync(bytes));
    return;
  }
  if (how === 'cut') {
    response.writeHead(status, { ...headers, 'content-length': bytes.length + 10 });
    response.write(bytes, () => response.destroy());
    return;
  }
  response.writeHead(status, headers);
  if (how === 'chunked')
    for (let at = 0; at < Math.min(bytes.length, 100); at += 10)
      response.write(bytes.subarray(at, at + 10));
  response.end(
    how === 'chunked'
      ? bytes.subarray(Math.min(Math.ceil(Math.min(bytes.length, 100) / 10) * 10, bytes.length))
      : bytes,
  );
}

/** RFC 6749 5.2, as plainly as it can be said: the one answer after which a merchant has to act. */
export function isInvalidGrant({ status, body, how }: WildAnswer): boolean {
  if (how === 'gzip' || how === 'cut' || how === 'reset') return false;
  if (status === 204 || status === 304 || status === 429 || (status >= 300 && status < 400))
    return false;
  try {
    const { error } = JSON.parse(wellFormed(body)) as { error?: { code?: unknown } };
    const code = typeof error === 'object' ? error.code : error;
    return typeof code === 'string' && code.toLowerCase() === 'invalid_grant';
  } catch {
    return false;
  }
}
