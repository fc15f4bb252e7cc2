import { Controller, Get, UseGuards } from '@nestjs/common';
import { CurrentConnection, TokenService, UseEnvironment } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { FlexPayGuard, FlexPayModule } from '@nest-flock/flex-pay';
import { at, startFlexPay, withDefault } from './flex-pay-suite.js';
import type { FlexPaySuite } from './flex-pay-suite.js';
import { DATABASES, sqliteDatabase } from '../../support/databases.js';
import { PATIENT } from '../../support/host.js';
import { failureOf, until } from '../../support/poll.js';
import { startApp } from '../../support/start-app.js';
import { withoutTimer } from '../../support/without-timer.js';

const REF = { provider: 'flex-pay', environment: 'pre-production', account: 'default' };

describe.each(DATABASES)('Flex Pay on %s', (_name, open) => {
  let suite: FlexPaySuite;
  afterEach(() => suite.stop());

  it('gets a token by Basic, with the grant in the query and an empty body, on its first use', async () => {
    suite = await startFlexPay(open);
    const { flexPay } = suite.sandbox;
    expect(flexPay.tokenCalls).toEqual([]);
    const tokens = await Promise.all(
      Array.from({ length: 50 }, () => suite.tokens.getAccessToken(REF)),
    );
    expect(new Set(tokens).size).toBe(1);
    expect(flexPay.clientOf(tokens[0] as string)).toBe(flexPay.client());
    expect(flexPay.tokenCalls).toHaveLength(1);
    // The sandbox refuses and records a body, a grant that is not in the query, other credentials.
    expect(flexPay.violations).toEqual([]);
  });

  it('P77: credentials of the configuration: each account and environment its own, a resolver asked again', async () => {
    let asked = 0;
    suite = await startFlexPay(open, {
      options: (sandbox) => {
        const { flexPay } = sandbox;
        const birch = flexPay.addClient({ merchant: 'birch', environment: 'production' });
        const cedar = flexPay.addClient({ merchant: 'cedar' });
        const clientSecret = () => {
          asked += 1;
          return Promise.resolve(cedar.clientSecret);
        };
        return {
          ...withDefault(sandbox),
          merchants: [
            {
              account: 'birch',
              environment: 'production',
              clientId: birch.clientId,
              clientSecret: birch.clientSecret,
              owner: 'tenant-birch',
            },
            {
              account: 'cedar',
              environment: 'pre-production',
              clientId: cedar.clientId,
              clientSecret,
            },
          ],
        };
      },
    });
    const { flexPay } = suite.sandbox;
    const accountOf = async (ref: Parameters<typeof suite.tokens.getAccessToken>[0]) => {
      const client = flexPay.clientOf(await suite.tokens.getAccessToken(ref));
      return `${client?.merchant} ${client?.environment}`;
    };
    expect(asked).toBe(0);
    expect(await accountOf(REF)).toBe('acorn pre-production');
    expect(await accountOf({ provider: 'flex-pay', owner: 'tenant-birch' })).toBe(
      'birch production',
    );
    expect(await accountOf({ ...REF, account: 'cedar' })).toBe('cedar pre-production');
    expect(asked).toBe(1);
    // A secret that was replaced in the vault works without a restart.
    flexPay.rotateClientSecret(flexPay.client('cedar'));
    const connection = await suite.connections.get({ ...REF, account: 'cedar' });
    await suite.tokens.getAccessToken(connection.id, { fresh: true });
    expect(asked).toBe(2);
    expect(flexPay.violations).toEqual([]);
  });

  it('a credential that was taken out of the configuration takes its tokens along', async () => {
    suite = await startFlexPay(open, { options: withDefault });
    const { id } = await suite.connection();
    await suite.tokens.getAccessToken(id);
    const without = await startApp({
      port: 0,
      database: suite.database,
      imports: [FlexPayModule.forRoot(at(suite.sandbox.flexPay))],
    });
    try {
      const calls = suite.sandbox.flexPay.tokenCalls.length;
      const refused = await failureOf(without.get(TokenService).getAccessToken(id));
      expect(refused).toMatchObject({ code: 'not_connected' });
      expect(refused.message).toContain('There is no credential');
      // And it is not renewed by itself: that it cannot be is written down.
      withoutTimer(suite, 'renewals');
      await suite.database.sql('UPDATE flock_connection SET due_at = 1 WHERE id = ?', [id]);
      await until(async () => (await suite.row(id)).failure === 'credential_missing');
      expect(suite.sandbox.flexPay.tokenCalls).toHaveLength(calls);
    } finally {
      await without.close();
    }
  });

  it('P77: credentials at run time: registered, listed, replaced, removed, and sealed all the while', async () => {
    suite = await startFlexPay(open, { options: ({ flexPay }) => at(flexPay) });
    const { flexPay } = suite.sandbox;
    expect((await failureOf(suite.tokens.getAccessToken(REF))).code).toBe('not_connected');
    const birch = await suite.register('birch');
    await suite.register('birch', 'production');
    const listed = await suite.connections.find({ provider: 'flex-pay' });
    expect(
      listed.connections.map(({ account, environment }) => `${account} ${environment}`),
    ).toEqual(expect.arrayContaining(['birch pre-production', 'birch production']));
    const first = await suite.tokens.getAccessToken(birch.id);
    expect(flexPay.clientOf(first)?.environment).toBe('pre-production');

    const client = flexPay.client('birch');
    const replaced = await suite.connections.register({
      provider: 'flex-pay',
      environment: 'pre-production',
      account: 'birch',
      owner: 'tenant-birch',
      clientId: client.clientId,
      clientSecret: flexPay.rotateClientSecret(client),
    });
    expect(replaced).toMatchObject({ id: birch.id, generation: birch.generation + 1 });
    const second = await suite.tokens.getAccessToken(birch.id);
    expect(second).not.toBe(first);

    const everything = JSON.stringify(
      await suite.database.sql('SELECT * FROM flock_connection'),
      (_key, value: unknown) => (Buffer.isBuffer(value) ? value.toString('latin1') : value),
    );
    expect(flexPay.secretsSeen().filter((secret) => everything.includes(secret))).toEqual([]);
    expect(everything).toContain('birch');

    await suite.connections.disconnect(birch.id);
    expect((await failureOf(suite.tokens.getAccessToken(birch.id))).code).toBe(
      'connection_revoked',
    );
    const production = { ...REF, environment: 'production', account: 'birch' };
    expect(await suite.tokens.getAccessToken(production)).toMatch(/^fpt_/);
    expect((await suite.row(birch.id)).credential).toBeNull();
  });

  it('P77: 1,000 merchants, 10 in use: the others cost no call, and only the 10 are renewed', async () => {
    suite = await startFlexPay(open, {
      options: ({ flexPay }) => at(flexPay),
      flock: { renewal: PATIENT },
    });
    const { flexPay } = suite.sandbox;
    const merchants = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => suite.register(`m${index}`)),
    );
    expect(flexPay.tokenCalls).toEqual([]);
    const used = merchants.filter((_, index) => index % 100 === 7);
    await Promise.all(used.map(({ id }) => suite.tokens.getAccessToken(id)));
    // A second use, whose note the renewal ahead of expiry goes by.
    await Promise.all(used.map(({ id }) => suite.tokens.getAccessToken(id)));
    const accounts = used.map(({ account }) => account).sort();
    const called = () => flexPay.tokenCalls.map(({ account }) => account).sort();
    expect(called()).toEqual(accounts);
    const count = async (where: string) => {
      const [row] = await suite.database.sql(
        `SELECT COUNT(*) AS n FROM flock_connection WHERE ${where}`,
      );
      return Number(row?.n);
    };
    await until(async () => (await count('due_at IS NOT NULL')) === 10);
    // Half an hour later, by the database's clock.
    await suite.database.sql(
      'UPDATE flock_connection SET due_at = due_at - 1800000, expires_at = expires_at - 1800000',
    );
    await until(async () => (await count('token_version >= 2')) === 10);
    expect(called()).toEqual([...accounts, ...accounts].sort());
    expect(await count('token_set IS NOT NULL')).toBe(10);
    expect(flexPay.violations).toEqual([]);
  });

  // 3,200 requests: the limit only bounds a failing test.
  it('under concurrent load no two merchants’ tokens meet', async () => {
    suite = await startFlexPay(open, {
      options: ({ flexPay }) => at(flexPay),
      flock: { renewal: PATIENT },
    });
    const { flexPay } = suite.sandbox;
    const merchants = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        suite.register(`m${index % 20}`, index < 20 ? 'pre-production' : 'production'),
      ),
    );
    const call = (connection: Connection) =>
      suite.api
        .for(connection)
        .get(`/api/checkout/v1/orders/${connection.account}`, { accept: [404] });
    const round = () => Promise.all(Array.from({ length: 20 }, () => merchants.map(call)).flat());
    await round();
    flexPay.expireAccessTokens();
    await round();
    const answered = flexPay.apiCalls.filter(({ status }) => status === 404);
    expect(answered).toHaveLength(1_600);
    expect(answered.filter(({ path, account }) => !path.endsWith(`/${account}`))).toEqual([]);
    // One call for each token, before and after; a wrong environment would be a violation.
    expect(flexPay.tokenCalls).toHaveLength(80);
    expect(flexPay.violations).toEqual([]);
  }, 120_000);

  it('P77: one merchant’s bad credential stops that merchant alone', async () => {
    suite = await startFlexPay(open);
    const { flexPay } = suite.sandbox;
    const bad = await suite.register('bad');
    const good = await suite.register('good');
    flexPay.rotateClientSecret(flexPay.client('bad'));
    for (let round = 0; round < 6; round += 1) {
      const failure = await failureOf(suite.tokens.getAccessToken(bad.id));
      expect(failure).toMatchObject({ code: 'app_credentials_rejected', retryable: false });
    }
    // However many are wrong: each is another credential.
    for (const account of ['worse', 'worst']) {
      const { id } = await suite.register(account);
      flexPay.rotateClientSecret(flexPay.client(account));
      await failureOf(suite.tokens.getAccessToken(id));
    }
    for (const ref of [good.id, REF]) {
      expect(await suite.tokens.getAccessToken(ref)).toMatch(/^fpt_/);
    }
    const { clientId, clientSecret } = flexPay.client('bad');
    await suite.connections.register({
      provider: 'flex-pay',
      environment: 'pre-production',
      account: 'bad',
      owner: 'tenant-bad',
      clientId,
      clientSecret,
    });
    expect(await suite.tokens.getAccessToken(bad.id)).toMatch(/^fpt_/);
  });
});

describe('Flex Pay tokens', () => {
  let suite: FlexPaySuite;
  beforeEach(async () => {
    suite = await startFlexPay(sqliteDatabase);
  });
  afterEach(() => suite.stop());

  it.each([
    [false, 1_800],
    [true, 900],
  ])('P81: with expires_in %p a token lives %d s', async (sendExpiresIn, seconds) => {
    Object.assign(suite.sandbox.flexPay.settings, { sendExpiresIn, accessTokenSeconds: 900 });
    const before = Date.now();
    await suite.tokens.getAccessToken(REF);
    const { expiresAt } = await suite.connection();
    const life = Number(expiresAt) - before;
    expect(life).toBeGreaterThan((seconds - 60) * 1_000);
    expect(life).toBeLessThan((seconds + 60) * 1_000);
  });

  it('a 401 renews once, and the call is made again', async () => {
    const connection = await suite.connection();
    const { flexPay } = suite.sandbox;
    await suite.tokens.getAccessToken(connection.id);
    flexPay.expireAccessTokens();
    await Promise.all(
      Array.from({ length: 30 }, () =>
        suite.api.for(connection).get('/api/checkout/v1/orders/none', { accept: [404] }),
      ),
    );
    expect(flexPay.tokenCalls).toHaveLength(2);
    // An API that says 401 to every token gets no third one.
    suite.sandbox.faults.add({
      on: 'api',
      times: Infinity,
      fault: { kind: 'error', error: 'INVALID_REQUEST_ERROR', status: 401 },
    });
    const failure = await failureOf(suite.flexPay.readOrder(connection, 'none'));
    expect(failure).toMatchObject({ code: 'provider_refused', providerStatus: 401 });
    expect(flexPay.tokenCalls).toHaveLength(3);
  });

  it('P76: a 403 from the edge is ip_not_allowed, one from the API provider_refused; neither renews', async () => {
    const connection = await suite.connection();
    const { flexPay } = suite.sandbox;
    await suite.tokens.getAccessToken(connection.id);
    flexPay.settings.blockAddress = true;
    for (let round = 0; round < 3; round += 1) {
      const failure = await failureOf(suite.flexPay.readOrder(connection, 'none'));
      expect(failure).toMatchObject({
        code: 'ip_not_allowed',
        providerStatus: 403,
        retryable: false,
      });
      expect(String(failure.message)).toContain('egress address');
    }
    flexPay.settings.blockAddress = false;
    const other = (body: unknown) =>
      suite.sandbox.faults.add({ on: 'api', fault: { kind: 'status', status: 403, body } });
    suite.sandbox.faults.add({
      on: 'api',
      fault: { kind: 'error', error: 'INVALID_REQUEST_ERROR', status: 403 },
    });
    expect(await failureOf(suite.flexPay.readOrder(connection, 'none'))).toMatchObject({
      code: 'provider_refused',
      providerStatus: 403,
      providerCode: 'INVALID_REQUEST_ERROR',
    });
    for (const body of ['', 'Forbidden', { message: 'Forbidden' }, [], null]) {
      other(body);
      const failure = await failureOf(suite.flexPay.readOrder(connection, 'none'));
      expect(failure.code).toBe('ip_not_allowed');
    }
    expect(flexPay.tokenCalls).toHaveLength(1);
  });

  it('P76: the token endpoint as well: ip_not_allowed without a loop, and all is well once the address is let in', async () => {
    const { flexPay } = suite.sandbox;
    flexPay.settings.allowedAddresses = ['203.0.113.7'];
    const failure = await failureOf(suite.tokens.getAccessToken(REF));
    expect(failure).toMatchObject({ code: 'ip_not_allowed', retryable: false });
    expect(flexPay.tokenCalls).toHaveLength(1);
    flexPay.settings.allowedAddresses = undefined;
    const connection = await suite.connection();
    await suite.database.sql('UPDATE flock_connection SET retry_at = NULL');
    expect(await suite.tokens.getAccessToken(connection.id)).toMatch(/^fpt_/);
    // The documented form is a refusal like any other.
    await suite.database.sql('UPDATE flock_connection SET retry_at = NULL');
    suite.sandbox.faults.add({
      on: 'token',
      fault: { kind: 'error', error: 'x', status: 403 },
    });
    const refused = await failureOf(suite.tokens.getAccessToken(connection.id, { fresh: true }));
    expect(refused.code).toBe('provider_unavailable');
  });

  it('P76: a token endpoint that does not let the address in is asked with growing pauses only', async () => {
    await suite.stop();
    // The defaults.
    const renewal = { backoffBaseMs: 1_000, backoffCapMs: 300_000 };
    suite = await startFlexPay(sqliteDatabase, { flock: { renewal } });
    const { flexPay } = suite.sandbox;
    flexPay.settings.allowedAddresses = ['203.0.113.7'];
    let paused = 0;
    for (let failures = 1; failures < 10; failures += 1) {
      // As if the pause was over.
      await suite.database.sql('UPDATE flock_connection SET retry_at = NULL');
      const from = Date.now();
      await failureOf(suite.tokens.getAccessToken(REF));
      expect(flexPay.tokenCalls).toHaveLength(failures);
      const [row] = await suite.database.sql('SELECT retry_at FROM flock_connection');
      paused = Number(row?.retry_at) - from;
    }
    // Between a tenth and the whole of 1 s, which each failure has doubled.
    expect(paused).toBeGreaterThanOrEqual(25_000);
    const during = await failureOf(suite.tokens.getAccessToken(REF));
    expect(during.code).toBe('ip_not_allowed');
    expect(flexPay.tokenCalls).toHaveLength(9);
  });

  it.each(['api', 'oauth'] as const)(
    'a rejected credential is told from all else, in the %s form of errors',
    async (tokenErrors) => {
      const { flexPay } = suite.sandbox;
      flexPay.settings.tokenErrors = tokenErrors;
      flexPay.rotateClientSecret();
      const failure = await failureOf(suite.tokens.getAccessToken(REF));
      expect(failure.code).toBe('app_credentials_rejected');
    },
  );
});

describe('the guard of Flex Pay', () => {
  @Controller('checkout')
  @UseGuards(FlexPayGuard)
  class CheckoutController {
    @Get()
    @UseEnvironment('pre-production')
    show(@CurrentConnection() connection: Connection) {
      return { account: connection.account };
    }
  }

  const get = async (suite: FlexPaySuite, account = '') => {
    const response = await fetch(`${suite.url}/checkout`, { headers: { 'x-account': account } });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it('P57, P77: takes the only account, and none where there are several', async () => {
    const suite = await startFlexPay(sqliteDatabase, { controllers: [CheckoutController] });
    expect(await get(suite)).toEqual({ status: 200, body: { account: 'default' } });
    await suite.register('birch');
    expect(await get(suite)).toMatchObject({
      status: 409,
      body: { code: 'connection_ambiguous' },
    });
    await suite.stop();
  });

  it('P77: takes the one that the host names', async () => {
    const suite = await startFlexPay(sqliteDatabase, {
      controllers: [CheckoutController],
      options: (sandbox) => ({
        ...withDefault(sandbox),
        hooks: {
          resolveConnection: (request) => ({
            provider: 'flex-pay',
            environment: 'pre-production',
            account: String(request.headers['x-account']),
          }),
        },
      }),
    });
    await suite.register('birch');
    expect((await get(suite, 'birch')).body).toEqual({ account: 'birch' });
    expect((await get(suite, 'nobody')).body.code).toBe('not_connected');
    await suite.stop();
  });
});
