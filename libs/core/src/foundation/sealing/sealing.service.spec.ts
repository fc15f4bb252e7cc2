import { SealingService } from './sealing.service.js';

describe('sealing before the start', () => {
  const place = { table: 't', row: 'r', column: 'c' };

  it('is refused: no key is loaded', () => {
    const sealing = new SealingService();
    for (const early of [
      () => sealing.seal(place, 'secret'),
      () => sealing.open(place, Buffer.alloc(40)),
      () => sealing.newestKey,
    ]) {
      expect(early).toThrow('not started');
    }
  });
});
