import { randomBytes } from 'node:crypto';
import { KeyRing } from './key-ring.js';

describe('the key ring', () => {
  it('needs a key', () => expect(() => new KeyRing([])).toThrow('at least one key'));

  it('derives the same keys and fingerprints after it has forgotten them', () => {
    const ring = new KeyRing([{ id: 'a', key: randomBytes(32) }]);
    const key = ring.derive('a', 't', 0);
    const fingerprint = ring.fingerprint('x');
    for (let day = 1; day <= 256; day += 1) ring.derive('a', 't', day);
    for (let other = 0; other < 10_000; other += 1) ring.fingerprint(String(other));
    const again = ring.derive('a', 't', 0);
    expect(again === key).toBe(false);
    expect(again?.equals(key as never)).toBe(true);
    expect(ring.fingerprint('x')).toBe(fingerprint);
  });
});
