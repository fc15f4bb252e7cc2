import type { RenewalPolicy } from '@nest-flock/core';
import { sqliteDatabase } from '../../support/databases.js';
import { failureOf, until } from '../../support/poll.js';
import { startTokenEndpoint } from '../../support/token-endpoint.js';
import type { TokenEndpoint } from '../../support/token-endpoint.js';
import { at, startFlexPay } from './flex-pay-suite.js';
import type { FlexPaySuite } from './flex-pay-suite.js';

describe('a serverUrl that is registered', () => {
  const credential = {
    provider: 'flex-pay',
    environment: 'pre-production',
    account: 'elm',
    clientId: 'id',
    clientSecret: 'secret',
  };
  let suite: FlexPaySuite;
  const start = async (serverHosts?: string[], renewal: Partial<RenewalPolicy> = {}) => {
    suite = await startFlexPay(sqliteDatabase, {
      flock: { renewal },
      options: ({ flexPay }) => ({ ...at(flexPay), ...(serverHosts && { serverHosts }) }),
    });
  };
  let own: TokenEndpoint | undefined;
  afterEach(async () => {
    await suite.stop();
    await own?.stop();
    own = undefined;
  });
  const register = (serverUrl: string) => suite.connections.register({ ...credential, serverUrl });

  it('may be one of the two known hosts', async () => {
    await start();
    for (const url of ['https://partner.upgrade.com', 'https://partner.credify.tech/']) {
      const connection = await register(url);
      expect(connection.serverUrl).toBe(url.replace(/\/$/, ''));
    }
  });

  it.each([
    'http://partner.upgrade.com',
    'https://partner.upgrade.com:8443',
    'https://user@partner.upgrade.com',
    'https://user:secret@partner.upgrade.com',
    'https://partner.upgrade.com@evil.example',
    'https://partner.upgrade.com.evil.example',
    'https://evilpartner.upgrade.com',
    'https://evil.example/partner.upgrade.com',
    'https://evil.example#partner.upgrade.com',
    'https://partner.upgrade.com/?to=evil.example',
    'https://93.184.216.34',
    'https://[2606:2800:220:1::1]',
    'https://2130706433',
    'https://0x7f.1',
    'https://127.0.0.1',
    'https://localhost',
    'http://localhost:4010',
    'https://169.254.169.254/latest/meta-data',
    'ftp://partner.upgrade.com',
    'partner.upgrade.com',
    '',
  ])('%s is refused, and nothing is stored', async (url) => {
    await start();
    const failure = await failureOf(register(url));
    expect(failure.code).toBe('invalid_request');
    expect(String(failure.message)).toContain('serverUrl');
    expect((await suite.connections.find()).connections).toEqual([]);
  });

  it('a suffix covers the names below it and nothing beside it', async () => {
    await start(['.upgrade.com']);
    await register('https://eu.partner.upgrade.com');
    for (const url of ['https://notupgrade.com', 'https://upgrade.com', 'https://93.184.216.34']) {
      expect((await failureOf(register(url))).code).toBe('invalid_request');
    }
  });

  it.each([
    ['93.184.216.34', 'https://93.184.216.34'],
    ['.216.34', 'https://93.184.216.34'],
    ['[2606:2800:220:1::1]', 'https://[2606:2800:220:1::1]'],
    ['169.254.169.254', 'https://0xa9fea9fe'],
    ['127.0.0.2', 'https://127.0.0.2'],
    ['partner.upgrade.com:8443', 'https://partner.upgrade.com:8443'],
    ['partner.upgrade.com', 'https://partner.upgrade.com.'],
    ['*.upgrade.com', 'https://eu.upgrade.com'],
    ['', 'https://evil.example'],
  ])('even a list with "%s" lets no %s in', async (host, url) => {
    await start([host]);
    expect((await failureOf(register(url))).code).toBe('invalid_request');
  });

  it('loopback only where it is listed; the token then comes from there, and goes nowhere else', async () => {
    await start(['127.0.0.1']);
    const { flexPay } = suite.sandbox;
    const client = flexPay.addClient({ merchant: 'elm', environment: 'production' });
    const { clientId, clientSecret } = client;
    // The environment's own server is another; this credential is good at this one only.
    const connection = await suite.connections.register({
      ...credential,
      clientId,
      clientSecret,
      serverUrl: flexPay.productionUrl,
    });
    expect(flexPay.clientOf(await suite.tokens.getAccessToken(connection.id))).toBe(client);
    const api = suite.api.for(connection);
    await api.get('/api/checkout/v1/orders/none', { accept: [404] });
    const failure = await failureOf(
      api.get(`${flexPay.preProductionUrl}/api/checkout/v1/orders/x`),
    );
    expect(failure.code).toBe('provider_refused');
    expect(flexPay.violations).toEqual([]);
  });

  it('a dead usual host keeps no merchant of another server from the renewal', async () => {
    own = await startTokenEndpoint();
    await start([new URL(own.url).host], { probeIntervalMs: 30_000 });
    const { id } = await register(own.url);
    await suite.tokens.getAccessToken(id);
    const usual = await suite.register('usual');
    suite.sandbox.faults.add({
      on: 'token',
      times: Infinity,
      fault: { kind: 'status', status: 500, body: '' },
    });
    const isOpen = async () =>
      (
        await suite.database.sql(
          "SELECT id FROM flock_circuit WHERE kind = 'endpoint' AND is_open = 1",
        )
      ).length === 1;
    await until(async () => {
      await failureOf(suite.tokens.getAccessToken(usual.id, { fresh: true }));
      return isOpen();
    });
    await suite.database.sql('UPDATE flock_connection SET due_at = 1 WHERE id = ?', [id]);
    await until(async () => {
      const [row] = await suite.database.sql(
        'SELECT token_version FROM flock_connection WHERE id = ?',
        [id],
      );
      return Number(row?.token_version) > 1;
    });
    expect(await isOpen()).toBe(true);
  });

  it('F37: a row whose server is no URL keeps none that were claimed with it from the renewal', async () => {
    // A claim that is left behind would hold them up for longer than this test waits.
    await start(undefined, { httpTimeoutMs: 600_000 });
    const [spoilt, sound] = [await suite.register('birch'), await suite.register('elm')];
    for (const { id } of [spoilt, sound]) await suite.tokens.getAccessToken(id);
    await suite.database.sql("UPDATE flock_connection SET server_url = 'nonsense' WHERE id = ?", [
      spoilt.id,
    ]);
    await suite.database.sql('UPDATE flock_connection SET due_at = ?', [Date.now() - 1_000]);
    await until(async () => Number((await suite.row(sound.id)).token_version) === 2);
    await until(async () => (await suite.row(spoilt.id)).failure === 'unreadable');
    expect(await suite.row(spoilt.id)).toMatchObject({ claim_id: null, token_version: 1 });
  });

  it('never loopback in production', async () => {
    await start(['127.0.0.1']);
    const before = process.env.NODE_ENV;
    process.env.NODE_ENV = 'production';
    try {
      const failure = await failureOf(register(suite.sandbox.flexPay.productionUrl));
      expect(failure.code).toBe('invalid_request');
    } finally {
      process.env.NODE_ENV = before;
    }
  });
});
