import { readReturnPath } from './return-path.js';

const origin = 'https://app.example';

describe('where somebody returns to', () => {
  it.each([
    ['/', '/'],
    ['/orders?page=2#last', '/orders?page=2#last'],
    ['/a/../b', '/b'],
  ])('%s is a path of ours', (target, path) => expect(readReturnPath(target, origin)).toBe(path));

  it.each([
    'orders',
    'https://app.example/orders',
    '//elsewhere.example',
    '/\\elsewhere.example',
    '/\t/elsewhere.example',
    '/.//elsewhere.example',
    // No URL at all.
    '//[',
    `/${'a'.repeat(2_048)}`,
  ])('%j is none', (target) => expect(readReturnPath(target, origin)).toBeUndefined());
});
