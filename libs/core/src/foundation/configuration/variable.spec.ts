import { variable } from './variable.js';
import type { Variable } from './variable.js';

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

const env = 'ANY';

/** As a setting is read from the environment, and from code. */
const readersOf = <T>(setting: Variable<T>) => ({
  parse: (text: string) => setting.parse(text),
  check: (value: unknown) => setting.check(value),
});

describe('a setting', () => {
  it('of text is trimmed; what is blank or no text is unusable', () => {
    const { check } = readersOf(variable.text({ env }));
    expect([' a ', '', '  ', 7, undefined].map(check)).toEqual([
      'a',
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('of a URL is http or https, without a user, a password or a fragment', () => {
    const { check } = readersOf(variable.url({ env }));
    for (const good of ['https://a.example/b?c=1', 'http://localhost:1']) {
      expect(check(good)).toBe(good);
    }
    for (const bad of ['ftp://a.example', 'https://u@a.example', 'https://:p@a.example', 'a', 7]) {
      expect(check(bad)).toBeUndefined();
    }
    expect(check('https://a.example/#b')).toBeUndefined();
  });

  it('of a list is texts: from the environment those between the commas, from code as they are', () => {
    const { parse, check } = readersOf(variable.list({ env }));
    expect(parse(' a, ,b ')).toEqual(['a', 'b']);
    expect(parse(' ')).toBeUndefined();
    expect(check(['a', ' b'])).toEqual(['a', ' b']);
    expect(check(['a', 7])).toBeUndefined();
  });

  it('of a flag is true or false, also as a word or a digit, and nothing else', () => {
    const { check } = readersOf(variable.flag({ env }));
    for (const yes of [true, 'true', '1']) expect(check(yes)).toBe(true);
    for (const no of [false, 'false', '0']) expect(check(no)).toBe(false);
    for (const bad of ['yes', 'TRUE', '', 1, 0, undefined]) expect(check(bad)).toBeUndefined();
  });

  it('of a number keeps to its bounds; an empty text is not 0', () => {
    const { check } = readersOf(variable.number({ env, min: 0, max: 10 }));
    expect(['0', ' 7 ', 10].map(check)).toEqual([0, 7, 10]);
    for (const bad of ['', ' ', 'x', '11', -1, NaN, null, true]) expect(check(bad)).toBeUndefined();
  });

  it('of secrets is one or several, each a text or a resolver; one bad one spoils them all', () => {
    const { parse, check } = readersOf(variable.secrets({ env }));
    const resolve = () => 'c';
    expect(parse('a, b')).toEqual(['a', 'b']);
    expect(check(['a', resolve])).toEqual(['a', resolve]);
    expect(check(resolve)).toEqual([resolve]);
    for (const bad of ['a,,b', ['a', ''], [7], 7]) expect(check(bad)).toBeUndefined();
  });
});
