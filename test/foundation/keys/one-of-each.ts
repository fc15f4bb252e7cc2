import { WebhookSecrets } from '@nest-flock/core';
import { randomBytes } from 'node:crypto';
import { AcmeModule } from '../../support/acme.js';
import type { Suite } from '../../support/suite.js';
import { standard } from '../../webhook/support/signers.js';

/** The provider that takes a registered credential; nobody calls it. */
export const acme = AcmeModule.forRoot({
  clientId: 'acme',
  clientSecret: 'secret',
  baseUrl: 'http://127.0.0.1:9',
});

/** Fills every sealed place of the store, of a suite that imports `acme`. */
export async function sealOneOfEach(suite: Suite) {
  const connection = await suite.connect();
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
  return connection;
}
