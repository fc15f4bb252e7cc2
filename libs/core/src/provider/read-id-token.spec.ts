import { readIdToken } from './read-id-token.js';

const EXPECTED = { issuer: 'https://id.example', audience: 'client' };
const CLAIMS = { iss: EXPECTED.issuer, aud: 'client', sub: 'person', more: 1 };

const token = (claims: unknown) =>
  `head.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;
const read = (id_token: unknown) => readIdToken({ access_token: 'token', id_token }, EXPECTED);

describe('the ID token of an answer', () => {
  it('gives its claims when it is from the issuer, for us, and of somebody', () => {
    expect(read(token(CLAIMS))).toEqual(CLAIMS);
    // Letters that only base64url has.
    const odd = { ...CLAIMS, more: '\u00ff\u00fe?>~' };
    expect(read(token(odd))).toEqual(odd);
    const several = { ...CLAIMS, aud: ['other', 'client'] };
    expect(read(token(several))).toEqual(several);
  });

  it.each([
    ['of another issuer', { ...CLAIMS, iss: 'https://id.example/' }],
    ['for somebody else', { ...CLAIMS, aud: 'client2' }],
    ['for several others', { ...CLAIMS, aud: ['client2'] }],
    ['for nobody', { ...CLAIMS, aud: undefined }],
    ['of nobody', { ...CLAIMS, sub: undefined }],
    ['of an empty name', { ...CLAIMS, sub: '' }],
    ['of a number', { ...CLAIMS, sub: 7 }],
    ['that is a list', [CLAIMS]],
  ])('one %s is none', (_case, claims) => {
    expect(read(token(claims))).toBeUndefined();
  });

  it.each([undefined, 7, '', 'head', 'head.', 'head.nonsense.signature'])('%j is none', (value) => {
    expect(read(value)).toBeUndefined();
  });
});
