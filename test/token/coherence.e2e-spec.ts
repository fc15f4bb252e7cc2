import { ConnectionService, TokenService } from '@nest-flock/core';
import type { Connection, ConnectionRef } from '@nest-flock/core';
import { FlintModule } from '@nest-flock/flint';
import type { INestApplication } from '@nestjs/common';
import { AcmeModule } from '../support/acme.js';
import { ALL_DATABASES } from '../support/databases.js';
import { failureOf, until } from '../support/poll.js';
import { startApp } from '../support/start-app.js';
import { startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';
import { startTokenEndpoint } from '../support/token-endpoint.js';
import type { TokenEndpoint } from '../support/token-endpoint.js';
import { startHostProcess } from '../failures/host-process.js';
import type { HostProcess } from '../failures/host-process.js';
import { standard, whsec } from '../webhook/support/signers.js';

/**
 * The feed is read once a second. A read that was under way at the commit may have missed it; the next
 * one has not.
 */
const READS = 2;
const HOUR = 3_600_000;

describe.each(ALL_DATABASES)('another process, without Redis, on %s', (_, open) => {
  let suite: Suite;
  let connection: Connection;
  let other: HostProcess;
  let acme: TokenEndpoint;

  beforeAll(async () => {
    acme = await startTokenEndpoint();
    suite = await startSuite(open, {
      flock: { background: false },
      flint: { webhookSecrets: [whsec()] },
    });
    other = await startHostProcess(suite, { acme: acme.url });
  });
  afterAll(async () => {
    await other.stop();
    await suite.stop();
    await acme.stop();
  });
  beforeEach(async () => {
    suite.sandbox.faults.clear();
    connection = await suite.connect();
    const token = await suite.tokens.getAccessToken(connection.id);
    await until(async () => (await held(connection.id)) === token);
  });

  /** The token that the other process has in memory, once it has heard of the connection. */
  const held = (ref: ConnectionRef) =>
    until(async () => (await other.ask('get', { ref }))[0]?.token);
  /** Called after the commit: what the other process says next, and that it did not take too long. */
  const next = async (ref: ConnectionRef, before: string) => {
    const { reads, ...answer } = await other.ask('change', { ref, held: before });
    expect(reads).toBeLessThanOrEqual(READS);
    return answer;
  };

  it('F44: obeys a disconnect', async () => {
    const before = await held(connection.id);
    await suite.connections.disconnect(connection.id);
    expect(await next(connection.id, before)).toEqual({ code: 'connection_revoked' });
  });

  it('F9: obeys that a merchant has to authorize again', async () => {
    const before = await held(connection.id);
    suite.sandbox.faults.add({
      on: 'token.refresh',
      fault: { kind: 'error', error: 'invalid_grant' },
    });
    await failureOf(suite.renew(connection.id));
    expect(await next(connection.id, before)).toEqual({ code: 'reauthorization_required' });
  });

  it('takes the token of a new generation', async () => {
    const before = await held(connection.id);
    await suite.host.install();
    const { token } = await next(connection.id, before);
    expect(token).toBe(await suite.tokens.getAccessToken(connection.id));
  });

  it('F44: obeys what the provider revoked', async () => {
    const before = await held(connection.id);
    await suite.database.sql(
      'UPDATE flock_connection SET provider_time = ?, installed_at = ? WHERE id = ?',
      [Date.now() - HOUR, Date.now() - HOUR, connection.id],
    );
    const working = await suite.another({ flock: { background: true } });
    const body = JSON.stringify({
      webhook_event_id: `whev_${connection.id}`,
      event_type: 'partner_app.install.environment_grant.revoked',
      created_at: new Date().toISOString(),
      data: {
        environment_grant_id: connection.account,
        partner_app_install_id: connection.install,
        merchant_id: connection.merchant,
        mode: connection.environment,
        status: 'revoked',
        granted_scopes: [],
      },
    });
    const signed = standard(body, whsec());
    const answer = await fetch(`${working.url}/flint/webhooks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...signed.headers },
      body,
    });
    expect(answer.status).toBe(200);
    await until(async () => (await suite.row(connection.id)).status === 'revoked');
    expect(await next(connection.id, before)).toEqual({ code: 'connection_revoked' });
    await working.close();
  });

  it('S32: sees fewer scopes that a renewal brought', async () => {
    const before = await held(connection.id);
    suite.sandbox.faults.add({
      on: 'token.refresh',
      fault: { kind: 'answer', set: { scope: 'commerce.orders.read' } },
    });
    const renewed = await suite.renew(connection.id);
    expect(await next(connection.id, before)).toEqual({ token: renewed });
  });

  describe('of a provider with credentials per account', () => {
    let app: INestApplication;
    const account = 'mer_1';
    const ref = { provider: 'acme', account };

    beforeAll(async () => {
      app = await startApp({
        port: 0,
        database: suite.database,
        flock: { background: false },
        imports: [
          AcmeModule.forRoot({ clientId: 'unused', clientSecret: 'unused', baseUrl: acme.url }),
          FlintModule.forRoot({
            clientId: 'unused',
            clientSecret: 'unused',
            redirectUri: 'http://localhost:3000/flint/oauth/callback',
            controllers: false,
          }),
        ],
      });
    });
    afterAll(() => app.close());

    const register = (clientSecret: string) =>
      app.get(ConnectionService).register({
        provider: 'acme',
        environment: 'sandbox',
        account,
        clientId: 'client-of-mer-1',
        clientSecret,
      });

    it('F34: obtains its token anew with a credential that was registered again', async () => {
      await register('first');
      const before = await held(ref);
      expect(acme.calls.at(-1)?.body).toContain('first');
      // The feed reads what is younger than 10 s again and again: the first must not lead to the second.
      await suite.database.sql(
        "UPDATE flock_connection SET changed_at = 1 WHERE provider = 'acme'",
      );
      await register('second');
      const { token } = await next(ref, before);
      expect(acme.calls.at(-1)?.body).toContain('second');
      expect(await app.get(TokenService).getAccessToken(ref)).toBe(token);
    });
  });
});
