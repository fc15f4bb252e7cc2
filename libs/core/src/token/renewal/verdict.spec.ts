import type { TokenOutcome } from '../../provider/token-answer.js';
import { provedBy, verdictOf } from './verdict.js';
import type { Verdict } from './verdict.js';

const PERSON = { needsPerson: true };
const NOBODY = { needsPerson: false };
const answer = { access_token: 'token' };
const failed = (failure: string, more: object = {}) =>
  ({ kind: 'failed', failure, ...more }) as Verdict;

describe('what the answer to a renewal means', () => {
  it.each<[string, TokenOutcome, Verdict, readonly string[]]>([
    [
      'a token',
      { kind: 'granted', answer },
      { kind: 'granted', answer },
      ['endpoint', 'credential'],
    ],
    [
      'invalid_grant',
      { kind: 'dead', error: 'invalid_grant' },
      { kind: 'grant_refused' },
      ['endpoint', 'credential'],
    ],
    [
      'invalid_client',
      { kind: 'credential_rejected', error: 'invalid_client' },
      failed('credential_rejected'),
      [],
    ],
    ['a definite no', { kind: 'refused', error: 'invalid_scope' }, failed('refused'), ['endpoint']],
    [
      'an address that is not allowed',
      { kind: 'refused', error: 'ip_not_allowed' },
      failed('ip_not_allowed'),
      ['endpoint'],
    ],
    [
      'a request to wait',
      { kind: 'throttled', retryAfterSeconds: 7 },
      failed('throttled', { retryAfterSeconds: 7 }),
      [],
    ],
    ['a request to wait without a time', { kind: 'throttled' }, failed('throttled'), []],
    [
      'nothing, because nothing was sent',
      { kind: 'not_sent', reason: 'econnrefused' },
      failed('not_sent'),
      [],
    ],
    [
      'nothing that is clear',
      { kind: 'unknown', reason: 'timeout' },
      failed('unknown_outcome'),
      [],
    ],
    [
      'nothing that is clear, and a time',
      { kind: 'unknown', reason: 'server_error', retryAfterSeconds: 3 },
      failed('unknown_outcome', { retryAfterSeconds: 3 }),
      [],
    ],
  ])('%s', (_, outcome, verdict, proved) => {
    expect(verdictOf(outcome, PERSON)).toStrictEqual(verdict);
    expect(provedBy(outcome)).toStrictEqual(proved);
  });

  it('a refresh token that is refused is no end where a new grant needs nobody', () => {
    expect(verdictOf({ kind: 'dead', error: 'invalid_grant' }, NOBODY)).toStrictEqual(
      failed('refused'),
    );
  });
});
