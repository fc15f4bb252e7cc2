import { readLifetimeSeconds } from './read-lifetime.js';

describe('expires_in', () => {
  it.each([
    [1, 1],
    [3_600, 3_600],
    [31_536_000, 31_536_000],
    ['1', 1],
    ['3600', 3_600],
    ['000000003600', 3_600],
  ])('%j is a life of %d s', (value, seconds) => {
    expect(readLifetimeSeconds(value)).toBe(seconds);
  });

  it.each([
    undefined,
    null,
    0,
    -1,
    0.5,
    31_536_001,
    Infinity,
    Number.NaN,
    '',
    '0',
    '-1',
    '+1',
    ' 1',
    '1 ',
    '1.5',
    '1e3',
    '0x10',
    'soon',
    '0000000003600',
    true,
    [3_600],
    { valueOf: () => 3_600 },
  ])('no. %#, %j, says nothing', (value) => {
    expect(readLifetimeSeconds(value)).toBeUndefined();
  });
});
