import { variable } from './variable.js';

describe('a base URL', () => {
  it('loses the slashes at its end, from code as from the environment', () => {
    const base = variable.baseUrl({ env: 'BASE_URL' });
    for (const read of [
      (text: string) => base.parse(text),
      (value: unknown) => base.check(value),
    ] as const) {
      expect(read('https://a.example')).toBe('https://a.example');
      expect(read('https://a.example/')).toBe('https://a.example');
      expect(read(' https://a.example/b// ')).toBe('https://a.example/b');
      expect(read('ftp://a.example/')).toBeUndefined();
      expect(read('https://user@a.example')).toBeUndefined();
    }
  });

  it('may be left out, if it is declared so', () => {
    const base = variable.optionalBaseUrl({ env: 'BASE_URL' });
    expect(base.required).toBe(false);
    expect(base.parse('https://a.example/')).toBe('https://a.example');
  });

  it('any other URL stays as it was written: a redirect URI is compared to the letter', () => {
    expect(variable.url({ env: 'URL' }).parse('https://a.example/')).toBe('https://a.example/');
  });
});
