import { randomBytes } from 'node:crypto';
import { keyIdOf } from './key-id-of.js';
import { KeyRing } from './key-ring.js';
import { Sealer } from './sealer.js';

describe('the key of a sealed value', () => {
  const sealed = new Sealer(new KeyRing([{ id: 'k1', key: randomBytes(32) }])).seal(
    { table: 't', row: 'r', column: 'c' },
    'secret',
  );

  it('is told by its first bytes, whatever holds them', () => {
    expect(keyIdOf(sealed)).toBe('k1');
    expect(keyIdOf(sealed.subarray(0, 4))).toBe('k1');
    const { buffer, byteOffset, length } = sealed;
    const blob = buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer;
    expect(keyIdOf(blob)).toBe('k1');
  });

  it.each([
    ['nothing at all', Buffer.alloc(0)],
    ['a version without more', Buffer.from([1])],
    ['an id of no length', Buffer.from([1, 0, 1])],
    ['an id that is cut short', sealed.subarray(0, 3)],
    ['another version', Buffer.from([2, 2, 107, 49])],
  ])('is not told by %s', (_what, bytes) => expect(keyIdOf(bytes)).toBeUndefined());
});
