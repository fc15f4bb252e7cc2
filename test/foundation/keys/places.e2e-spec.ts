import { WebhookSecrets } from '@nest-flock/core';
import { randomBytes } from 'node:crypto';
import { AcmeModule } from '../../support/acme.js';
import { sqliteDatabase } from '../../support/databases.js';
import { startSuite } from '../../support/suite.js';
import { standard } from '../../webhook/support/signers.js';
import { readSealed } from './sealed-store.js';

describe('where sealed values belong', () => {
  it('S15: every sealed value of the store is sealed for its own table, row and column', async () => {
    const encryptionKeys = `k1:${randomBytes(32).toString('base64')}`;
    const suite = await startSuite(sqliteDatabase, {
      // Nobody handles the webhook, so that its body stays.
      flock: { encryptionKeys, background: false },
      imports: [
        AcmeModule.forRoot({ clientId: 'a', clientSecret: 's', baseUrl: 'http://127.0.0.1:9' }),
      ],
    });
    try {
      await suite.connect();
      const credential = { clientId: 'one', clientSecret: 'of its own' };
      await suite.connections.register({ provider: 'acme', account: 'own', ...credential });
      const secret = `whsec_${randomBytes(24).toString('base64')}`;
      await suite.host.app.get(WebhookSecrets).add({ provider: 'flint' }, secret);
      const { body, headers } = standard('{"event_type":"order.paid"}', secret);
      const answer = await fetch(`${suite.host.url}/flint/webhooks`, {
        method: 'POST',
        body,
        headers: { ...headers, 'content-type': 'application/json' },
      });
      expect(answer.status).toBe(200);
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
