import { FlockError } from '../foundation/errors/flock.error.js';
import { membersOf } from '../foundation/http/parse-object.js';
import { checkPathId, invalidField } from './invalid-field.js';
import {
  anyTextOf,
  identifierOf,
  isBaseUrl,
  isText,
  LONGEST_ID,
  pathIdOf,
  textOf,
  textsOf,
} from './read-json.js';

const NO_TEXTS: readonly unknown[] = [undefined, null, 0, 1, true, {}, [], ['a']];

describe('readers of unknown JSON', () => {
  it('members are those of an object alone', () => {
    const object = { a: 1 };
    expect(membersOf(object)).toBe(object);
    for (const value of [undefined, null, 0, '', 'a', true, [], [object]]) {
      expect(membersOf(value)).toBeUndefined();
    }
  });

  it('a text is not empty and not too long', () => {
    const longest = 'x'.repeat(LONGEST_ID);
    expect(textOf(longest, LONGEST_ID)).toBe(longest);
    expect(textOf(`${longest}x`, LONGEST_ID)).toBeUndefined();
    expect(textOf(' '.repeat(10_000))).toHaveLength(10_000);
    for (const value of ['', ...NO_TEXTS]) expect(textOf(value)).toBeUndefined();
  });

  it('of an open set anything that is no text is an empty one', () => {
    expect(anyTextOf('some new status')).toBe('some new status');
    for (const value of NO_TEXTS) expect(anyTextOf(value)).toBe('');
  });

  it('of a list the texts are kept, in their order', () => {
    expect(textsOf(['b', 1, '', null, 'a', ['c']])).toEqual(['b', '', 'a']);
    for (const value of [undefined, null, 'a', { 0: 'a' }]) expect(textsOf(value)).toEqual([]);
  });

  it('an identifier has letters, digits and four signs, at most 128 of them', () => {
    for (const id of ['a', 'A_0.b:c-', '..', 'x'.repeat(128)]) expect(identifierOf(id)).toBe(id);
    for (const value of ['', 'a b', 'a/b', 'é', 'a\n', 'x'.repeat(129), ...NO_TEXTS]) {
      expect(identifierOf(value)).toBeUndefined();
    }
  });

  it('an id for a path is no dots alone', () => {
    for (const id of ['a', 'a.', '.a', '...a']) expect(pathIdOf(id)).toBe(id);
    for (const value of ['.', '..', '....', 'a/b', undefined]) {
      expect(pathIdOf(value)).toBeUndefined();
    }
  });

  it('a text of the configuration is not blank', () => {
    expect(isText(' a', 2)).toBe(true);
    for (const value of ['', '  ', '\t', 'abc', ...NO_TEXTS]) expect(isText(value, 2)).toBe(false);
  });

  it('behind a base URL a path can be put', () => {
    for (const url of ['https://a.example', 'http://localhost:3000/', 'https://a.example/b/']) {
      expect(isBaseUrl(url)).toBe(true);
    }
    for (const value of [
      'a.example',
      'ftp://a.example',
      'https://u@a.example',
      'https://:p@a.example',
      'https://a.example/?q=1',
      'https://a.example/#f',
      undefined,
      new URL('https://a.example'),
    ]) {
      expect(isBaseUrl(value)).toBe(false);
    }
  });

  it('a refusal names the field and what was expected, never the value', () => {
    const error = invalidField('name', 'a text');
    expect(error).toBeInstanceOf(FlockError);
    expect(error.code).toBe('invalid_request');
    expect(error.message).toBe('"name" is not usable; expected a text.');
    expect(checkPathId('id-1', 'id', 'an id')).toBe('id-1');
    expect(() => checkPathId('..', 'id', 'an id')).toThrow('"id" is not usable; expected an id.');
  });
});
