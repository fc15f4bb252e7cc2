import { randomBytes } from 'node:crypto';
import { areUsable, parseEncryptionKeys } from './encryption-keys.js';
import { KeyRing } from './key-ring.js';
import { Sealer } from './sealer.js';

const key = (id: string) => ({ id, key: randomBytes(32) });
const place = { table: 't', row: 'r', column: 'c' };

describe('sealing', () => {
  it('S14: opens what it sealed, and never seals the same twice', () => {
    const sealer = new Sealer(new KeyRing([key('a')]));
    const [one, two] = [sealer.seal(place, 'secret'), sealer.seal(place, 'secret')];
    expect(one.equals(two)).toBe(false);
    expect(sealer.open(place, one)).toBe('secret');
    expect(one.includes('secret')).toBe(false);
  });

  it.each([
    ['table', { ...place, table: 'u' }],
    ['row', { ...place, row: 's' }],
    ['column', { ...place, column: 'd' }],
  ])('S15: does not open in another %s', (_part, elsewhere) => {
    const sealer = new Sealer(new KeyRing([key('a')]));
    expect(() => sealer.open(elsewhere, sealer.seal(place, 'secret'))).toThrow('tampered');
  });

  it('S15: does not open with any single bit changed', () => {
    const sealer = new Sealer(new KeyRing([key('a')]));
    const sealed = sealer.seal(place, 'secret');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => sealer.open(place, changed)).toThrow();
    }
  });

  it('S16: the newest key seals, every key on the ring opens, a missing one is named so', () => {
    const [old, fresh] = [key('old'), key('new')];
    const sealed = new Sealer(new KeyRing([old])).seal(place, 'secret');
    const both = new Sealer(new KeyRing([fresh, old]));
    expect(both.open(place, sealed)).toBe('secret');
    expect(() => new Sealer(new KeyRing([fresh])).open(place, sealed)).toThrow('unknown_key');
    expect(new Sealer(new KeyRing([fresh])).open(place, both.seal(place, 'x'))).toBe('x');
  });

  it('the sealing key changes with the day', () => {
    const ring = new KeyRing([key('a')]);
    const today = ring.derive('a', 't', 20_000);
    expect(ring.derive('a', 't', 20_000)).toBe(today);
    expect(ring.derive('a', 't', 20_001)?.equals(today as never)).toBe(false);
    expect(ring.derive('a', 'u', 20_000)?.equals(today as never)).toBe(false);
  });

  it.each([
    '',
    'a',
    'a:short',
    `a:${'A'.repeat(44)}`,
    ':x',
    `a b:${randomBytes(32).toString('base64')}`,
    `a:${randomBytes(16).toString('base64')}`,
  ])('refuses %j as encryption keys', (text) => expect(parseEncryptionKeys(text)).toBeUndefined());

  it('refuses one id twice, and keys of one repeated byte', () => {
    const one = randomBytes(32).toString('base64');
    expect(parseEncryptionKeys(`a:${one},a:${one}`)).toBeUndefined();
    expect(parseEncryptionKeys(`a:${one},b:${one}`)).toHaveLength(2);
    expect(areUsable([{ id: 'a', key: Buffer.alloc(32, 7) }])).toBe(false);
  });
});
