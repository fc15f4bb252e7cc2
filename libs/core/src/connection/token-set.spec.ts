import { readTokenSet, writeTokenSet } from './token-set.js';

describe('a stored token set', () => {
  it('is read as it was written', () => {
    const set = { accessToken: 'a', refreshToken: 'r' };
    expect(readTokenSet(writeTokenSet(set))).toEqual(set);
  });

  it.each(['null', '{}', '{"accessToken":7}', '[]', '{'])('is not %s', (text) => {
    expect(() => readTokenSet(text)).toThrow();
  });
});
