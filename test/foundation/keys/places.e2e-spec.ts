import { randomBytes } from 'node:crypto';
import { sqliteDatabase } from '../../support/databases.js';
import { startSuite } from '../../support/suite.js';
import { acme, sealOneOfEach } from './one-of-each.js';
import { readSealed } from './sealed-store.js';

describe('where sealed values belong', () => {
  it('S15: every sealed value of the store is sealed for its own table, row and column', async () => {
    const encryptionKeys = `k1:${randomBytes(32).toString('base64')}`;
    const suite = await startSuite(sqliteDatabase, {
      // Nobody handles the webhook, so that its body stays.
      flock: { encryptionKeys, background: false },
      imports: [acme],
    });
    try {
      await sealOneOfEach(suite);
      const found = await readSealed(suite.database, encryptionKeys);
      expect(found.filter(({ opens }) => !opens)).toEqual([]);
      expect([...new Set(found.map(({ column }) => column))].sort()).toEqual([
        'flock_authorization_request.context',
        'flock_connection.credential',
        'flock_connection.token_set',
        'flock_delivery.body',
        'flock_delivery.event',
        'flock_webhook_secret.secret',
      ]);
    } finally {
      await suite.stop();
    }
  });
});
