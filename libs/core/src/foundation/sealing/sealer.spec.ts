import { createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { areUsable, developmentKeys, parseEncryptionKeys } from './encryption-keys.js';
import { KeyRing } from './key-ring.js';
import { Sealer } from './sealer.js';

const key = (id: string) => ({ id, key: randomBytes(32) });
const place = { table: 't', row: 'r', column: 'c' };

describe('sealing', () => {
  it('S14: opens what it sealed, and never seals the same twice, in whichever process', () => {
    const ring = new KeyRing([key('a')]);
    const sealers = [new Sealer(ring), new Sealer(ring)];
    const sealed = sealers.flatMap((sealer) =>
      Array.from({ length: 1_000 }, () => sealer.seal(place, 'secret')),
    );
    expect(new Set(sealed.map((one) => one.toString('hex'))).size).toBe(2_000);
    for (const one of sealed) {
      expect(sealers[0]?.open(place, one)).toBe('secret');
      expect(one.includes('secret')).toBe(false);
    }
  });

  it('S14, S15: AES-256-GCM under a key of purpose and day, with table, row and column authenticated', () => {
    const root = key('a');
    const now = jest.spyOn(Date, 'now').mockReturnValue(20_000 * 86_400_000 + 1);
    const sealed = new Sealer(new KeyRing([root])).seal(place, 'secret');
    now.mockRestore();
    // By hand: version, length and text of the id, day, nonce, ciphertext, tag.
    const header = Buffer.concat([
      Buffer.from([1, 1]),
      Buffer.from('a'),
      Buffer.from('00004e20', 'hex'),
    ]);
    expect(sealed.subarray(0, 7)).toEqual(header);
    const derived = hkdfSync('sha256', root.key, '', 'nest-flock/v1/t/20000', 32);
    const decipher = createDecipheriv('aes-256-gcm', Buffer.from(derived), sealed.subarray(7, 19));
    decipher.setAAD(Buffer.concat([header, Buffer.from('\nt\nr\nc')]));
    decipher.setAuthTag(sealed.subarray(-16));
    expect(
      decipher.update(sealed.subarray(19, -16), undefined, 'utf8') + decipher.final('utf8'),
    ).toBe('secret');
  });

  it.each([
    ['table', { ...place, table: 'u' }],
    ['row', { ...place, row: 's' }],
    ['column', { ...place, column: 'd' }],
  ])('S15: does not open in another %s', (_part, elsewhere) => {
    const sealer = new Sealer(new KeyRing([key('a')]));
    expect(() => sealer.open(elsewhere, sealer.seal(place, 'secret'))).toThrow('tampered');
  });

  it('S14, S15: does not open with any single bit changed', () => {
    const sealer = new Sealer(new KeyRing([key('a')]));
    const sealed = sealer.seal(place, 'secret');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => sealer.open(place, changed)).toThrow();
    }
  });

  it('opens a blob, as one driver hands it out; nothing at all is malformed', () => {
    const sealer = new Sealer(new KeyRing([key('a')]));
    const { buffer, byteOffset, length } = sealer.seal(place, 'secret');
    const blob = buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer;
    expect(sealer.open(place, blob)).toBe('secret');
    expect(() => sealer.open(place, Buffer.alloc(0))).toThrow('malformed');
  });

  it('S16: the newest key seals, every key on the ring opens, a missing one is named so', () => {
    const [old, fresh] = [key('old'), key('new')];
    const sealed = new Sealer(new KeyRing([old])).seal(place, 'secret');
    const both = new Sealer(new KeyRing([fresh, old]));
    expect(both.open(place, sealed)).toBe('secret');
    expect(() => new Sealer(new KeyRing([fresh])).open(place, sealed)).toThrow('unknown_key');
    expect(new Sealer(new KeyRing([fresh])).open(place, both.seal(place, 'x'))).toBe('x');
  });

  it('S14: the key is another for each purpose and day', () => {
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

  it('names a key file that holds no key, and says nothing of what it holds', () => {
    const folder = mkdtempSync(join(tmpdir(), 'flock-key-'));
    const file = join(folder, 'development.key');
    try {
      writeFileSync(file, 'half a canary');
      expect(() => developmentKeys(file)).toThrow(`${file} holds no usable key`);
      expect(() => developmentKeys(file)).not.toThrow(/canary/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses one id twice, and keys of one repeated byte', () => {
    const one = randomBytes(32).toString('base64');
    expect(parseEncryptionKeys(`a:${one},a:${one}`)).toBeUndefined();
    expect(parseEncryptionKeys(`a:${one},b:${one}`)).toHaveLength(2);
    expect(areUsable([{ id: 'a', key: Buffer.alloc(32, 7) }])).toBe(false);
  });
});
