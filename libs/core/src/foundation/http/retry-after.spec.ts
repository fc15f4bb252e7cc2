import { readRetryAfter } from './retry-after.js';

const DATE = 'Mon, 30 Nov 2026 10:00:00 GMT';

describe('Retry-After', () => {
  afterEach(() => jest.useRealTimers());

  it.each([
    ['0', 0],
    ['7', 7],
    ['3600', 3_600],
    ['3601', 3_600],
    ['999999999', 3_600],
    ['Mon, 30 Nov 2026 10:01:30 GMT', 90],
    [DATE, 0],
    ['Tue, 01 Dec 2026 10:00:00 GMT', 3_600],
  ])('%s is %d s', (value, seconds) => {
    expect(readRetryAfter(value, DATE)).toBe(seconds);
  });

  it.each([
    undefined,
    '',
    'soon',
    '-1',
    '1s',
    's1',
    '1.5 s',
    '9999999999',
    'Mon, 30 Nov 2026 09:59:59 GMT',
  ])('%j says nothing', (value) => {
    expect(readRetryAfter(value, DATE)).toBeUndefined();
  });

  it.each([undefined, 'nonsense'])('goes by this machine where the answer’s date is %j', (date) => {
    jest.useFakeTimers({ now: Date.parse(DATE) + 500 });
    expect(readRetryAfter('Mon, 30 Nov 2026 10:00:10 GMT', date)).toBe(10);
  });
});
