import type { TokenResponse } from '../foundation/http/token-transport.js';
import { readTokenAnswer } from './read-token-answer.js';

const answered = (status: number, body: unknown, more: object = {}): TokenResponse => ({
  kind: 'answered',
  status,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  ...more,
});

const SERVER_ERROR = { kind: 'unknown', reason: 'server_error', retryAfterSeconds: undefined };

describe('what a token answer comes to', () => {
  it.each([
    [{ kind: 'unknown', reason: 'timeout' }],
    [{ kind: 'not_sent', reason: 'ECONNREFUSED' }],
  ] as [TokenResponse][])('%j, which is no answer, is what it was', (response) => {
    expect(readTokenAnswer(response)).toBe(response);
  });

  it('is a token where there is one, whatever the 2xx', () => {
    const answer = { access_token: 'token', more: 1 };
    for (const status of [200, 201, 299]) {
      expect(readTokenAnswer(answered(status, answer))).toEqual({ kind: 'granted', answer });
    }
    const withNull = { access_token: 'token', error: null };
    expect(readTokenAnswer(answered(200, withNull)).kind).toBe('granted');
  });

  it.each([
    ['no JSON', 'nonsense', 'not_json'],
    ['a list', [], 'not_json'],
    ['nothing in it', {}, 'no_token'],
    ['an empty token', { access_token: '' }, 'no_token'],
    ['a token that is no text', { access_token: 42 }, 'no_token'],
  ])('a 200 with %s is unknown', (_case, body, reason) => {
    expect(readTokenAnswer(answered(200, body))).toEqual({ kind: 'unknown', reason });
  });

  it('of a 429 is to slow down, whatever it says besides', () => {
    const body = { error: 'invalid_grant', access_token: 'token' };
    expect(readTokenAnswer(answered(429, body, { retryAfter: '7' }))).toEqual({
      kind: 'throttled',
      retryAfterSeconds: 7,
    });
  });

  it.each([300, 302, 399])('of a %d is unknown, whatever it says besides', (status) => {
    expect(readTokenAnswer(answered(status, { error: 'invalid_grant' }))).toEqual({
      kind: 'unknown',
      reason: 'redirect',
    });
  });

  it.each([200, 299, 400, 401, 403, 500, 503])('of a %d is decided by its code', (status) => {
    const of = (error: unknown) => readTokenAnswer(answered(status, { error }));
    expect(of('invalid_grant')).toEqual({ kind: 'dead', error: 'invalid_grant' });
    expect(of('INVALID_GRANT')).toEqual({ kind: 'dead', error: 'invalid_grant' });
    expect(of({ code: 'invalid_grant' })).toEqual({ kind: 'dead', error: 'invalid_grant' });
    expect(of('invalid_client')).toEqual({ kind: 'credential_rejected', error: 'invalid_client' });
    expect(of('server_error')).toEqual(SERVER_ERROR);
    expect(of('temporarily_unavailable')).toEqual(SERVER_ERROR);
    expect(of('other')).toEqual(status >= 500 ? SERVER_ERROR : { kind: 'refused', error: 'other' });
  });

  it.each([
    ['longer than 64 characters', 'a'.repeat(65)],
    ['empty', ''],
    ['a sentence', 'Not now'],
    ['behind a blank', ' invalid_grant'],
    ['before a blank', 'invalid_grant '],
    ['a number', 7],
    ['an envelope with a number', { code: 7 }],
  ])('a code that is %s is not repeated', (_case, error) => {
    const outcome = readTokenAnswer(answered(400, { error }));
    expect(outcome).toEqual({ kind: 'refused', error: 'unreadable_error' });
  });

  it('an envelope without a code says nothing, and a code of 64 characters is one', () => {
    expect(readTokenAnswer(answered(400, { error: {} }))).toEqual({
      kind: 'refused',
      error: 'unreadable_error',
    });
    const error = 'a'.repeat(64);
    expect(readTokenAnswer(answered(400, { error }))).toEqual({ kind: 'refused', error });
  });

  it.each([
    [400, { kind: 'refused', error: 'http_400' }],
    [401, { kind: 'credential_rejected', error: 'http_401' }],
    [403, { kind: 'refused', error: 'http_403' }],
    [500, SERVER_ERROR],
    [503, SERVER_ERROR],
  ])('a %d without a code is decided by its status', (status, outcome) => {
    expect(readTokenAnswer(answered(status, 'nonsense'))).toEqual(outcome);
    expect(readTokenAnswer(answered(status, {}))).toEqual(outcome);
  });

  it('of a failing server says when to come back', () => {
    const later = {
      retryAfter: 'Thu, 01 Jan 1970 00:01:00 GMT',
      date: 'Thu, 01 Jan 1970 00:00:00 GMT',
    };
    for (const body of [{}, { error: 'server_error' }]) {
      expect(readTokenAnswer(answered(503, body, later))).toMatchObject({ retryAfterSeconds: 60 });
    }
  });

  it('a provider’s own reading of a refusal goes first, and only of a refusal', () => {
    const seen: unknown[] = [];
    const problem = (body: unknown, status: number) => {
      seen.push([status, body]);
      return 'ip_not_allowed' as const;
    };
    expect(readTokenAnswer(answered(400, { error: 'invalid_grant' }), problem)).toEqual({
      kind: 'refused',
      error: 'ip_not_allowed',
    });
    readTokenAnswer(answered(403, 'blocked'), problem);
    expect(seen).toEqual([
      [400, { error: 'invalid_grant' }],
      [403, 'blocked'],
    ]);
    expect(readTokenAnswer(answered(399, {}), problem).kind).toBe('unknown');
    expect(readTokenAnswer(answered(200, { access_token: 'a' }), problem).kind).toBe('granted');
    expect(seen).toHaveLength(2);
  });
});
