import { CAUTIOUS_PROFILE } from '../../provider/provider-profile.js';
import { DEFAULT_RENEWAL_POLICY } from '../endpoint/renewal-policy.js';
import { lostScopes, nextDueAt, readGrantedScopes, readTokenResult } from './token-result.js';
import type { TokenResult } from './token-result.js';

const DAY_MS = 86_400_000;
const PREVIOUS = {
  tokens: { accessToken: 'old', refreshToken: 'old-refresh', tokenType: 'bearer', code: 'code' },
  scopes: 'a b',
};

describe('what an answer brings', () => {
  const read = (answer: object, previous: Parameters<typeof readTokenResult>[1] = PREVIOUS) =>
    readTokenResult({ access_token: 'new', ...answer }, previous, CAUTIOUS_PROFILE, 1_000.7);

  it('takes the place of what was there', () => {
    const answer = { refresh_token: 'next', token_type: 'Bearer', expires_in: 60, scope: 'b c' };
    expect(read(answer)).toEqual({
      tokens: { accessToken: 'new', refreshToken: 'next', tokenType: 'Bearer', code: 'code' },
      scopes: 'b c',
      expiresAt: 61_000,
      lifeMs: 60_000,
    });
  });

  it.each([
    {},
    { refresh_token: '', token_type: 7, scope: '', expires_in: 0 },
    { refresh_token: 7, token_type: null, scope: 7, expires_in: 'soon' },
  ])('keeps what it does not say: %j', (answer) => {
    expect(read(answer)).toEqual({
      tokens: { ...PREVIOUS.tokens, accessToken: 'new' },
      scopes: 'a b',
      expiresAt: 3_601_000,
      lifeMs: 3_600_000,
    });
  });

  it('has nothing more than it says where there was nothing', () => {
    expect(read({}, { scopes: '' })).toStrictEqual({
      tokens: { accessToken: 'new' },
      scopes: '',
      expiresAt: 3_601_000,
      lifeMs: 3_600_000,
    });
  });
});

describe('granted scopes', () => {
  it.each([
    ['b a', 'b a'],
    ['a,b', 'a b'],
    ['a, b,c', 'a b c'],
    [['b', 'a c'], 'b a c'],
    ['x'.repeat(16_384), 'x'.repeat(16_384)],
  ])('no. %#', (scope, written) => {
    expect(readGrantedScopes(scope)).toBe(written);
  });

  it.each([undefined, null, 7, '', ' ', ',', [], ['a', 7], { a: 1 }, 'x'.repeat(16_385)])(
    'no. %# says nothing',
    (scope) => {
      expect(readGrantedScopes(scope)).toBeUndefined();
    },
  );

  it('that are lost are those that were held', () => {
    expect(lostScopes('a b c', ' b d ')).toEqual(['a', 'c']);
    expect(lostScopes(' a ', ' a ')).toEqual([]);
  });
});

describe('when the scheduler comes back', () => {
  const result = (tokens: Partial<TokenResult['tokens']> = {}): TokenResult => ({
    tokens: { accessToken: 'new', refreshToken: 'next', ...tokens },
    scopes: '',
    expiresAt: 5_000_000.5,
    lifeMs: 1_000_000,
  });
  const due = (
    { used = 1, tokens = {} }: { used?: number; tokens?: Partial<TokenResult['tokens']> },
    options: Partial<Parameters<typeof nextDueAt>[2]> = {},
  ) =>
    nextDueAt(
      result(tokens),
      { used_version: used, token_version: 1 },
      {
        profile: CAUTIOUS_PROFILE,
        needsPerson: true,
        policy: DEFAULT_RENEWAL_POLICY,
        now: 4_000_000,
        ...options,
      },
    );
  const always = { ...DEFAULT_RENEWAL_POLICY, renew: 'always' as const };

  afterEach(() => jest.restoreAllMocks());

  /** The two ends of what chance decides. */
  const atBothEnds = (work: () => number | null) =>
    [0, 1].map((random) => {
      jest.spyOn(Math, 'random').mockReturnValue(random);
      return work();
    });

  it('is at the end, where the token ends', () => {
    expect(due({ used: 0, tokens: { ends: true } })).toBe(5_000_000.5);
  });

  it('is ahead of expiry, where it is in use or all are renewed', () => {
    const ahead = [4_800_000, 4_700_000];
    expect(atBothEnds(() => due({ used: 1 }))).toEqual(ahead);
    expect(atBothEnds(() => due({ used: 2 }))).toEqual(ahead);
    expect(atBothEnds(() => due({ used: 0 }, { policy: always }))).toEqual(ahead);
  });

  it('is once a day, or as its profile says, for an idle one that needs a person', () => {
    expect(atBothEnds(() => due({ used: 0 }))).toEqual([
      4_000_000 + DAY_MS,
      4_000_000 + 0.9 * DAY_MS,
    ]);
    const profile = { ...CAUTIOUS_PROFILE, keepAliveSeconds: 10.001 };
    expect(atBothEnds(() => due({ used: 0 }, { profile }))).toEqual([4_010_001, 4_009_000]);
  });

  it('is never for an idle one that nobody, or nothing, has to keep alive', () => {
    expect(due({ used: 0 }, { needsPerson: false })).toBeNull();
    const tokens = { refreshToken: undefined } as unknown as Partial<TokenResult['tokens']>;
    expect(due({ used: 0, tokens })).toBeNull();
  });
});
