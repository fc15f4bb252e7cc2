import { randomBytes } from 'node:crypto';
import type { EncryptionKey } from './key-ring.js';
import { KeySource } from './key-source.js';
import { SealingService } from './sealing.service.js';

describe('where the keys come from', () => {
  const key = (id: string): EncryptionKey => ({ id, key: randomBytes(32) });
  const place = { table: 't', row: 'r', column: 'c' };

  it('asks the provider once for all who meet a key that is not there, and not again for a while', async () => {
    const [old, fresh] = [key('old'), key('new')];
    let keys = [old];
    let asked = 0;
    const sealing = new SealingService();
    const ask = () => {
      asked += 1;
      return Promise.resolve(keys);
    };
    const source = new KeySource({ keyProvider: { keys: ask }, dataDir: '' }, sealing);
    await source.start();
    const elsewhere = new SealingService();
    elsewhere.use([fresh, old]);
    const sealed = elsewhere.seal(place, 'secret');
    await source.prepare(null, sealing.seal(place, 'ours'));
    expect(asked).toBe(1);
    keys = [fresh, old];
    await Promise.all([source.prepare(sealed), source.prepare(sealed), source.prepare(sealed)]);
    expect(asked).toBe(2);
    expect(sealing.open(place, sealed)).toBe('secret');
    const stranger = new SealingService();
    stranger.use([key('of nobody')]);
    await source.prepare(stranger.seal(place, 'secret'));
    expect(asked).toBe(2);
  });
});
