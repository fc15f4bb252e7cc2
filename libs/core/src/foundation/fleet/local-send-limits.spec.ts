import { LocalSendLimits } from './local-send-limits.js';

describe('the limits of one process', () => {
  it('remember 10,000 endpoints, and forget the oldest', async () => {
    const limits = new LocalSendLimits();
    for (const endpoint of ['a', 'b']) await limits.pause(endpoint, 60_000);
    for (let other = 0; other < 9_999; other += 1) await limits.pause(String(other), 60_000);
    expect(limits.restMs('a')).toBe(0);
    expect(limits.restMs('b')).toBeGreaterThan(0);
    expect(await limits.book('b', 1_000)).toMatchObject({ booked: false });
  });
});
