import { sqliteDatabase } from '../support/databases.js';
import { failureOf } from '../support/poll.js';
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
  const start = async (serverHosts?: string[]) => {
    suite = await startFlexPay(sqliteDatabase, {
      options: ({ flexPay }) => ({ ...at(flexPay), ...(serverHosts && { serverHosts }) }),
    });
  };
  afterEach(() => suite.stop());
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
