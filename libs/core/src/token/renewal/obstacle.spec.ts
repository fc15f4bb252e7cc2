import { pauseOf, waitOf } from './obstacle.js';

const NOW = 1_000_000;
const ROW = { retry_at: null, failure: null, refreshed_at: null, claim_id: null, db_now: NOW };
const POLICY = { minIntervalMs: 5_000 };

describe('what stands in the way of a claim', () => {
  it.each([
    ['no pause', null, undefined],
    ['one that is over', NOW - 1, undefined],
    ['one that ends now', NOW, undefined],
    ['one that goes on', NOW + 70, 70],
  ])('a pause: %s', (_, retryAt, ms) => {
    const pause = pauseOf({ ...ROW, retry_at: retryAt, failure: 'throttled' });
    expect(pause).toStrictEqual(
      ms === undefined ? undefined : { kind: 'stop', failure: 'throttled', ms },
    );
  });

  it('a pause without a reason counts as one after an unknown outcome', () => {
    expect(pauseOf({ ...ROW, retry_at: NOW + 1 })).toMatchObject({ failure: 'unknown_outcome' });
  });

  it.each([
    ['a moment ago', NOW - 1, 5_000],
    ['almost the interval ago', NOW - 4_999, 2],
  ])('a renewal %s is waited for to its interval', (_, refreshedAt, ms) => {
    expect(waitOf({ ...ROW, refreshed_at: refreshedAt }, POLICY, 0)).toStrictEqual({
      kind: 'wait',
      ms,
    });
  });

  it.each([
    ['nobody holds it by now', ROW, 0, 50],
    ['the interval is over', { ...ROW, refreshed_at: NOW - 5_000 }, 0, 50],
    ['another holds it', { ...ROW, refreshed_at: NOW - 1, claim_id: 'theirs' }, 0, 50],
    ['another still holds it', { ...ROW, claim_id: 'theirs' }, 2, 112.5],
    ['another holds it for long', { ...ROW, claim_id: 'theirs' }, 30, 500],
  ])('%s: again soon, and not all together', (_, row, round, middle) => {
    const waits = Array.from(
      { length: 50 },
      () => waitOf(row, POLICY, round) as { kind: string; ms: number },
    );
    for (const { kind, ms } of waits) {
      expect(kind).toBe('wait');
      expect(ms).toBeGreaterThanOrEqual(0.75 * middle);
      expect(ms).toBeLessThanOrEqual(1.25 * middle);
    }
    expect(new Set(waits.map(({ ms }) => ms)).size).toBeGreaterThan(1);
  });
});
