import { RateLimiter } from './rate-limiter.js';

describe('the rate limiter', () => {
  it('lets a burst pass, and then says how long to wait', () => {
    const limiter = new RateLimiter(2, 1);
    expect([limiter.take('a'), limiter.take('a')]).toEqual([0, 0]);
    expect(limiter.take('a')).toBeGreaterThan(50);
    expect(limiter.take('b')).toBe(0);
  });

  it('remembers 10,000 keys, and forgets the one that was not seen for longest', () => {
    const limiter = new RateLimiter(1, 1);
    for (const key of ['a', 'b']) limiter.take(key);
    for (let other = 0; other < 9_998; other += 1) limiter.take(String(other));
    // It is full now, and whoever is seen again is young again.
    expect(limiter.take('a')).toBeGreaterThan(0);
    expect(limiter.take('new')).toBe(0);
    expect(limiter.take('a')).toBeGreaterThan(0);
    expect(limiter.take('b')).toBe(0);
  });
});
