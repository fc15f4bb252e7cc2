import { ConnectionService, FlockError, TokenService } from '@nest-flock/core';
import { FlinksPayApi, FlinksPayModule } from '@nest-flock/flinks-pay';
import type { FlinksPaySessionStart, FlinksPayV2SessionStart } from '@nest-flock/flinks-pay';
import type { Fault } from '@nest-flock/sandbox';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { PayController } from './pay.controller.js';
import { startFlinksPay } from './flinks-pay-suite.js';
import { PATIENT } from '../../support/host.js';
import type { FlinksPaySuite } from './flinks-pay-suite.js';
import { DATABASES } from '../../support/databases.js';
import { failureOf } from '../../support/poll.js';
import { startApp } from '../../support/start-app.js';
import { startTokenEndpoint } from '../../support/token-endpoint.js';

const session = (change: Partial<FlinksPaySessionStart> = {}): FlinksPaySessionStart => ({
  amount: '10.50',
  customerName: 'Ada Byron',
  customerEmail: 'ada@example.com',
  referenceId: 'order-1',
  ...change,
});

const v2Session = (change: Partial<FlinksPayV2SessionStart> = {}): FlinksPayV2SessionStart => ({
  type: 'e-Transfer',
  amount: '99999.99',
  referenceId: 'order-2',
  payor: { firstName: 'Ada', lastName: 'Byron', email: 'ada@example.com' },
  ...change,
});

/** A deadline for a provider that hangs; any other fault is answered, however slow the machine is. */
const untilSilent = ({ kind }: Fault) => (kind === 'hang' ? { timeoutMs: 1_000 } : {});

/** Gives one token, and then the house is gone. */
async function closingAfterToken(): Promise<{ url: string; calls: string[] }> {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    calls.push(request.url ?? '');
    server.close();
    response.setHeader('connection', 'close');
    response.setHeader('content-type', 'application/json');
    response.end('{"access_token":"one","token_type":"bearer","expires_in":299}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

describe.each(DATABASES)('FlinksPay on %s', (_name, open) => {
  let suite: FlinksPaySuite;
  const start = async (settings: Parameters<typeof startFlinksPay>[1] = {}) => {
    suite = await startFlinksPay(open, settings);
    return suite;
  };
  afterEach(() => suite.stop());
  const pay = () => suite.sandbox.flinksPay;

  describe('v1', () => {
    beforeEach(() => start({ controllers: [PayController] }));

    it('authorize, initiate, payment request with one token; the payer completes it', async () => {
      const clientUrls = { success: 'https://acme.example/paid' };
      const made = await suite.service.createSession(session({ clientUrls }));
      expect(made).toEqual({
        sessionId: expect.any(String) as string,
        referenceId: 'order-1',
        requestId: expect.any(String) as string,
        url: `${pay().url}/app/?sessionId=${made.sessionId}`,
      });
      expect(pay().tokenCalls).toHaveLength(1);
      expect(new Set(pay().apiCalls.map((call) => call.authorization_fingerprint)).size).toBe(1);
      expect(pay().apiCalls.map(({ path }) => path)).toEqual([
        '/api/v1/sessions/initiate',
        '/api/v1/paymentrequests',
      ]);
      expect(pay().apiCalls.some((call) => call.idempotency_key !== undefined)).toBe(false);
      expect(pay().sessions[0]?.request).toEqual({ ...session({ clientUrls }), amount: 10.5 });

      expect(await suite.service.paymentStatus(made.requestId)).toMatchObject({
        requestId: made.requestId,
        status: 'Initiated',
        paymentReferenceNumber: expect.any(String) as string,
      });
      const page = await (await fetch(made.url)).text();
      expect(page).toContain('Pay 10.50 CAD');
      await fetch(made.url, { method: 'POST', body: new URLSearchParams({ decision: 'approve' }) });
      expect((await suite.service.paymentStatus(made.requestId)).status).toBe('Accepted');
      pay().setPaymentStatus(made.requestId, 'A word of tomorrow');
      expect((await suite.service.paymentStatus(made.requestId)).status).toBe('A word of tomorrow');
      expect(pay().violations).toEqual([]);
    });

    it('P58: 200 concurrent calls use 200 tokens, each for one session', async () => {
      await suite.stop();
      await start({ renewal: PATIENT });
      const references = Array.from({ length: 200 }, (_, index) => `order-${index}`);
      const made = await Promise.all(
        references.map((referenceId) => suite.service.createSession(session({ referenceId }))),
      );
      expect(made.map(({ referenceId }) => referenceId)).toEqual(references);
      const { sessions, tokenCalls, violations } = pay();
      expect(sessions).toHaveLength(200);
      expect(tokenCalls.filter(({ outcome }) => outcome === 'issued')).toHaveLength(200);
      expect(new Set(sessions.map((one) => one.token_fingerprint)).size).toBe(200);
      const request = new Map(sessions.map((one) => [one.sessionId, one.requestId]));
      expect(made.every((one) => request.get(one.sessionId) === one.requestId)).toBe(true);
      const tokens = suite.app.get(TokenService);
      const ref = { provider: 'flinks-pay', account: 'default' };
      expect(await tokens.getAccessToken(ref)).not.toBe(await tokens.getAccessToken(ref));
      expect(violations).toEqual([]);
    });

    it('P59: the guard hands over the only account; a bare reference gets a GUID', async () => {
      const created = await fetch(`${suite.url}/payments`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(session({ referenceId: undefined })),
      });
      const made = (await created.json()) as { referenceId: string; requestId: string };
      expect(created.status).toBe(201);
      expect(made.referenceId).toMatch(/^[\da-f-]{36}$/);
      const read = await fetch(`${suite.url}/payments/${made.requestId}`);
      expect(await read.json()).toMatchObject({ status: 'Initiated' });
      const refused = await fetch(`${suite.url}/payments`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(session({ amount: '10.505' })),
      });
      expect(refused.status).toBe(400);
      expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(await refused.json()).toMatchObject({ code: 'invalid_amount' });
    });

    it.each(['0.01', '10.50', '0.10', '1234.56', '99999.99'])(
      'P61: the amount %s arrives as it is',
      async (amount) => {
        await suite.service.createSession(session({ amount }));
        expect(pay().sessions[0]?.amount).toBe(amount);
      },
    );

    it.each(['0', '0.00', '100000', '10.505', '1e3', '-1', '1,50', ' 1', '01.00', '', 'NaN'])(
      'P61: the amount %j is refused before anything is sent',
      async (amount) => {
        const failure = await failureOf(suite.service.createSession(session({ amount })));
        expect(failure).toMatchObject({ code: 'invalid_amount', retryable: false });
        expect(failure.message).toContain('"amount"');
        expect(pay().tokenCalls).toEqual([]);
      },
    );

    it('P61: an amount that is a number, as of a form of the host, is refused', async () => {
      const amount = 10.5 as unknown as string;
      expect((await failureOf(suite.service.createSession(session({ amount })))).code).toBe(
        'invalid_amount',
      );
    });

    it.each([
      ['customerName', { customerName: 'x'.repeat(101) }],
      ['customerName', { customerName: ' ' }],
      ['customerEmail', { customerEmail: 'nobody' }],
      ['referenceId', { referenceId: 'x'.repeat(101) }],
      ['referenceId', { referenceId: '' }],
      ['clientUrls', { clientUrls: { success: '/relative' } }],
    ])('P59: a wrong %s is refused before anything is sent', async (field, change) => {
      const failure = await failureOf(suite.service.createSession(session(change)));
      expect(failure.code).toBe('invalid_request');
      expect(failure.message).toContain(`"${field}"`);
      expect(pay().tokenCalls).toEqual([]);
    });

    it('an id that would change the path is refused', async () => {
      for (const id of ['../v2/sessions', 'a/b', '', 'x?y', '%2e%2e']) {
        expect((await failureOf(suite.service.paymentStatus(id))).code).toBe('invalid_request');
        expect((await failureOf(suite.service.activateSession(id))).code).toBe('invalid_request');
      }
      expect(pay().tokenCalls).toEqual([]);
    });
  });

  describe('a session start without a clear answer', () => {
    beforeEach(() => start());

    const unclear: [string, Fault, number][] = [
      ['hangs after the work', { kind: 'hang', committed: true }, 1],
      ['hangs', { kind: 'hang' }, 0],
      ['is cut after the work', { kind: 'drop_after_commit' }, 1],
      ['is cut before the work', { kind: 'drop_before_commit' }, 0],
      ['is truncated', { kind: 'truncate' }, 1],
      ['answers 500', { kind: 'status', status: 500, body: 'a raw body' }, 0],
      ['answers 502 after the work', { kind: 'status', status: 502, committed: true }, 1],
      ['answers 503', { kind: 'status', status: 503 }, 0],
      ['answers HTML', { kind: 'html' }, 1],
      ['answers {}', { kind: 'empty_object' }, 1],
      ['answers a redirect', { kind: 'redirect', to: 'http://127.0.0.1:1/', status: 303 }, 0],
      ['names another reference', { kind: 'answer', set: { referenceId: 'order-9' } }, 1],
    ];
    it.each(unclear)(
      'P59: %s: sent once, outcome_unknown, with the reference',
      async (_what, fault, begun) => {
        suite.sandbox.faults.add({ on: 'api.sessions', fault });
        const failure = await failureOf(suite.service.createSession(session(), untilSilent(fault)));
        expect(failure).toMatchObject({
          code: 'outcome_unknown',
          retryable: false,
          referenceId: 'order-1',
          outcome: 'unknown',
        });
        expect(failure.sessionId).toBeUndefined();
        expect(failure.message).not.toContain('raw body');
        expect(suite.starts()).toBe(1);
        expect(pay().sessions).toHaveLength(begun);
        expect(pay().tokenCalls).toHaveLength(1);
        // The same in v2.
        suite.sandbox.faults.add({ on: 'api.sessions', fault });
        const again = await failureOf(
          suite.service.v2.createSession(v2Session(), untilSilent(fault)),
        );
        expect(again).toMatchObject({ code: 'outcome_unknown', referenceId: 'order-2' });
        expect(suite.starts()).toBe(2);
      },
    );

    it('P59: a refusal is a refusal, with the field that was wrong', async () => {
      const errors = { '$.amount': ['The JSON value could not be converted.'] };
      suite.sandbox.faults.add({
        on: 'api.sessions',
        fault: {
          kind: 'status',
          status: 400,
          body: { title: 'Bad Request', errors, traceId: '00-abc-01' },
        },
      });
      expect(await failureOf(suite.service.createSession(session()))).toMatchObject({
        code: 'provider_refused',
        referenceId: 'order-1',
        providerStatus: 400,
        providerCode: 'invalid:amount',
        providerRequestId: '00-abc-01',
      });
      expect(suite.starts()).toBe(1);
    });

    it.each([401, 403, 404])(
      'P59: a %s in plain text starts nothing and is not repeated',
      async (status) => {
        suite.sandbox.faults.add({
          on: 'api.sessions',
          fault: { kind: 'status', status, body: '<h1>a raw body</h1>' },
        });
        const failure = await failureOf(suite.service.createSession(session()));
        expect(failure).toMatchObject({
          code: 'provider_refused',
          providerStatus: status,
          referenceId: 'order-1',
        });
        expect(failure.message).not.toContain('raw body');
        expect(suite.starts()).toBe(1);
        expect(pay().tokenCalls).toHaveLength(1);
      },
    );

    it('P59: a 429 says when to come back', async () => {
      suite.sandbox.faults.add({
        on: 'api.sessions',
        fault: { kind: 'rate_limit', retryAfter: 7 },
      });
      expect(await failureOf(suite.service.createSession(session()))).toMatchObject({
        code: 'provider_rate_limited',
        retryable: true,
        retryAfterSeconds: 7,
        referenceId: 'order-1',
      });
      expect(suite.starts()).toBe(1);
    });

    it('P59: a token that cannot be had starts nothing and is worth another try', async () => {
      for (const fault of [
        { kind: 'status', status: 500, body: 'a raw body' },
        { kind: 'html' },
        { kind: 'drop_after_commit' },
      ] as const) {
        suite.sandbox.faults.add({ on: 'token', fault });
        const failure = await failureOf(suite.service.createSession(session()));
        expect(failure).toMatchObject({ code: 'provider_unavailable', retryable: true });
        expect(failure.message).not.toContain('raw body');
      }
      expect(suite.starts()).toBe(0);
      expect((await suite.service.createSession(session())).referenceId).toBe('order-1');
    });
  });

  describe('a session that was started and not activated', () => {
    beforeEach(() => start());

    const failures: [string, Fault, string][] = [
      ['hangs', { kind: 'hang' }, 'outcome_unknown'],
      ['is cut after the work', { kind: 'drop_after_commit' }, 'outcome_unknown'],
      ['answers 503', { kind: 'status', status: 503 }, 'outcome_unknown'],
      ['answers 429', { kind: 'rate_limit', retryAfter: 1 }, 'outcome_unknown'],
      ['answers HTML', { kind: 'html' }, 'outcome_unknown'],
      ['answers 400', { kind: 'status', status: 400 }, 'provider_refused'],
    ];
    it.each(failures)(
      'P60: %s: the error carries it, activateSession goes on',
      async (_what, fault, code) => {
        suite.sandbox.faults.add({ on: 'api.paymentrequests', fault });
        const failure = await failureOf(suite.service.createSession(session(), untilSilent(fault)));
        const [begun] = pay().sessions;
        expect(failure).toMatchObject({
          code,
          // A caller that repeated createSession would start another.
          retryable: false,
          referenceId: 'order-1',
          sessionId: begun?.sessionId,
        });
        expect(suite.starts()).toBe(1);
        const activated = await suite.service.activateSession(failure.sessionId as string);
        expect(activated).toEqual({
          sessionId: begun?.sessionId,
          requestId: pay().sessions[0]?.requestId,
          url: `${pay().url}/app/?sessionId=${begun?.sessionId}`,
        });
        expect((await suite.service.paymentStatus(activated.requestId)).status).toBe('Initiated');
        expect(pay().sessions).toHaveLength(1);
        expect(pay().tokenCalls).toHaveLength(3);
        expect(pay().violations).toEqual([]);
      },
    );
  });

  it('P59: a start that never left is worth another try', async () => {
    const { url, calls } = await closingAfterToken();
    await start({ modules: () => [{ baseUrl: url, username: 'u', password: 'p' }] });
    expect(await failureOf(suite.service.createSession(session()))).toMatchObject({
      code: 'provider_unavailable',
      retryable: true,
      outcome: 'not_sent',
      referenceId: 'order-1',
    });
    expect(calls).toEqual(['/api/v1/authorize']);
  });

  describe('v2', () => {
    beforeEach(() => start());

    it('P58: creates, reads and cancels a session, a token for each call', async () => {
      const { v2 } = suite.service;
      const made = await v2.createSession(
        v2Session({
          sendInteracLink: true,
          payee: { institutionCode: '001', transitNumber: '00002', accountNumber: '1234567' },
        }),
      );
      expect(made).toEqual({
        sessionId: expect.any(String) as string,
        referenceId: 'order-2',
        url: `${pay().url}/app/?sessionId=${made.sessionId}`,
      });
      expect(pay().sessions[0]?.request).toEqual({
        referenceId: 'order-2',
        type: 'e-Transfer',
        direction: 'DEBIT',
        currency: 'CAD',
        amount: 99999.99,
        options: { notificationPreferences: { sendInteracLink: true } },
        payor: v2Session().payor,
        payee: {
          account: { institutionCode: '001', transitNumber: '00002', accountNumber: '1234567' },
        },
      });
      const { sessionId } = made;
      expect(await v2.status(sessionId)).toEqual({ sessionId, status: 'Initiated' });
      expect(await v2.details(sessionId)).toMatchObject({
        sessionId,
        referenceId: 'order-2',
        amount: '99999.99',
        type: 'e-Transfer',
        data: { currency: 'CAD' },
      });
      expect(await v2.cancel(sessionId)).toEqual({ sessionId, status: 'Cancelled' });
      expect(await failureOf(v2.cancel(sessionId))).toMatchObject({
        code: 'provider_refused',
        providerStatus: 400,
      });
      expect(pay().tokenCalls).toHaveLength(5);
      expect(pay().violations).toEqual([]);
    });

    it('EFT says whether it is guaranteed', async () => {
      const { v2 } = suite.service;
      await v2.createSession(v2Session({ type: 'EFT' }));
      await v2.createSession(v2Session({ type: 'EFT', guarantee: true }));
      expect(pay().sessions.map(({ request }) => request['options'])).toEqual([
        { guarantee: { enable: false } },
        { guarantee: { enable: true } },
      ]);
      pay().settings.regularEft = false;
      const failure = await failureOf(v2.createSession(v2Session({ type: 'EFT' })));
      expect(failure).toMatchObject({ code: 'provider_refused', providerStatus: 403 });
    });

    const payee = { institutionCode: '001', transitNumber: '00002', accountNumber: '1234567' };
    const wrong: [string, string, Partial<FlinksPayV2SessionStart>][] = [
      ['amount', 'invalid_amount', { amount: '0.001' }],
      ['type', 'invalid_request', { type: 'etransfer' as 'EFT' }],
      ['payee', 'invalid_request', { type: 'EFT', payee }],
      ['guarantee', 'invalid_request', { guarantee: false }],
      ['payee.transitNumber', 'invalid_request', { payee: { ...payee, transitNumber: '1' } }],
      [
        'payor.lastName',
        'invalid_request',
        { payor: { ...v2Session().payor, lastName: 'x'.repeat(101) } },
      ],
    ];
    it.each(wrong)(
      'P59: a wrong %s is refused before anything is sent',
      async (field, code, change) => {
        const failure = await failureOf(suite.service.v2.createSession(v2Session(change)));
        expect(failure.code).toBe(code);
        expect(failure.message).toContain(`"${field}"`);
        expect(pay().tokenCalls).toEqual([]);
      },
    );
  });

  it.each([
    ['body', 'form', 299],
    ['basic', 'basic', 599],
  ] as const)('credentials by %s, tokens of another life', async (ours, theirs, seconds) => {
    await start({
      sandbox: { clientAuthentication: theirs, accessTokenSeconds: seconds },
      modules: ({ flinksPay: { url, customer } }) => [
        {
          baseUrl: `${url}/`,
          username: customer.username,
          password: customer.password,
          clientAuthentication: ours,
        },
      ],
    });
    await suite.service.createSession(session());
    expect(pay().sessions).toHaveLength(1);
    expect(pay().violations).toEqual([]);
  });

  it('token_type in any case, or none, and no expires_in: nothing depends on them', async () => {
    await start();
    for (const change of [
      { set: { token_type: 'BEARER', expires_in: 'soon' } },
      { omit: ['token_type', 'expires_in'] },
    ]) {
      suite.sandbox.faults.add({ on: 'token', fault: { kind: 'answer', ...change } });
      await suite.service.createSession(session());
    }
    expect(pay().sessions).toHaveLength(2);
  });

  describe('several customers', () => {
    const customers = ['oak', 'elm'];
    const settings = {
      sandbox: { customers: customers.map((name) => ({ name })) },
      modules: ({ flinksPay }: FlinksPaySuite['sandbox']) => [
        {
          serverHosts: ['127.0.0.1'],
          customers: flinksPay.customers
            .filter(({ name }) => name !== 'default')
            .map(({ name, url, username, password }) => ({
              account: name,
              baseUrl: url,
              username,
              password,
            })),
        },
      ],
    };
    const ref = (account: string) => ({ provider: 'flinks-pay', account });

    it('S36: two in one app never meet', async () => {
      await start(settings);
      const made = await Promise.all(
        Array.from({ length: 40 }, (_, index) => {
          const account = customers[index % 2] as string;
          const referenceId = `${account}-${index}`;
          return suite.service.createSession(session({ referenceId }), {
            connection: ref(account),
          });
        }),
      );
      for (const one of pay().sessions) expect(one.referenceId.startsWith(one.customer)).toBe(true);
      expect(new Set(pay().sessions.map((one) => one.token_fingerprint)).size).toBe(40);
      for (const { url, referenceId } of made) {
        expect(url).toContain(`/flinks-pay/${referenceId.split('-')[0]}/app/?sessionId=`);
      }
      const [first] = made;
      const foreign = { connection: ref('elm') };
      expect(
        await failureOf(suite.service.paymentStatus(first?.requestId as string, foreign)),
      ).toMatchObject({ code: 'provider_refused', providerStatus: 404 });
      expect(pay().violations).toEqual([]);
      expect((await failureOf(suite.service.createSession(session()))).code).toBe(
        'connection_ambiguous',
      );
      expect(
        (await failureOf(suite.service.createSession(session(), { connection: ref('ash') }))).code,
      ).toBe('not_connected');
    });

    it('P63: one is registered at run time with its own server, on a permitted host only', async () => {
      await start({
        ...settings,
        modules: (sandbox) => {
          const { url: baseUrl, customer } = sandbox.flinksPay;
          const { username, password } = customer;
          return settings.modules(sandbox).map((one) => ({ ...one, baseUrl, username, password }));
        },
      });
      const ash = pay().addCustomer({ name: 'ash' });
      const registration = {
        provider: 'flinks-pay',
        account: 'ash',
        clientId: ash.username,
        clientSecret: ash.password,
        serverUrl: ash.url,
      };
      const connection = await suite.connections.register(registration);
      await suite.service.createSession(session(), { connection });
      expect(pay().sessions.map(({ customer }) => customer)).toEqual(['ash']);
      const foreign = { ...registration, account: 'fir', serverUrl: 'https://evil.example' };
      expect((await failureOf(suite.connections.register(foreign))).code).toBe('invalid_request');

      // Without a server there is nowhere to send its credential: never to the default account's.
      const { serverUrl: _, ...homeless } = registration;
      const lost = await suite.connections.register({ ...homeless, account: 'fir' });
      const failure = await failureOf(suite.service.createSession(session(), { connection: lost }));
      expect(failure.code).toBe('not_connected');
      expect(pay().tokenCalls).toHaveLength(1);

      // A replaced credential works at once.
      pay().replacePassword(ash);
      const refused = await failureOf(suite.service.createSession(session(), { connection }));
      expect(refused.code).toBe('app_credentials_rejected');
      await suite.connections.register({ ...registration, clientSecret: ash.password });
      await suite.service.createSession(session(), { connection: ref('ash') });
      expect(pay().sessions).toHaveLength(2);
    });

    describe('in FLINKS_PAY_CUSTOMERS', () => {
      afterEach(() => {
        delete process.env.FLINKS_PAY_CUSTOMERS;
      });

      it('are read as JSON', async () => {
        await start({
          sandbox: { customers: [{ name: 'oak', password: 'of-oak' }] },
          modules: ({ flinksPay }) => {
            const [, oak] = flinksPay.customers;
            process.env.FLINKS_PAY_CUSTOMERS = JSON.stringify([
              { account: 'oak', baseUrl: oak?.url, username: oak?.username, password: 'of-oak' },
            ]);
            return [{}];
          },
        });
        await suite.service.createSession(session());
        expect(pay().sessions.map(({ customer }) => customer)).toEqual(['oak']);
      });

      it.each([
        'oak',
        '{}',
        '[{"account":"oak"}]',
        '[{"account":"oak","baseUrl":"oak","username":"u","password":"canary-password"}]',
        '[{"account":"oak","baseUrl":"https://a.example","username":"u","password":"canary-password","more":1}]',
      ])('P63: are refused by name when they are not usable: %s', async (text) => {
        await start();
        process.env.FLINKS_PAY_CUSTOMERS = text;
        const failed = startFlinksPay(open, { modules: () => [{}] });
        const failure = await failureOf(failed.then((other) => other.stop()));
        expect(failure.code).toBe('configuration_invalid');
        expect(failure.message).toContain('FLINKS_PAY_CUSTOMERS');
        expect(failure.message).not.toContain('canary-password');
      });
    });
  });

  it('two apps in one host, each with its own credential', async () => {
    await start({
      sandbox: { customers: [{ name: 'oak' }] },
      modules: ({ flinksPay }) =>
        flinksPay.customers.map(({ name, url, username, password }) => ({
          ...(name !== 'default' && { name }),
          baseUrl: url,
          username,
          password,
        })),
    });
    for (const app of ['flinks-pay', 'oak']) {
      const connection = await suite.connections.get({
        provider: 'flinks-pay',
        app,
        account: 'default',
      });
      await suite.service.createSession(session({ referenceId: app }), { connection });
    }
    expect(pay().sessions.map(({ customer, referenceId }) => [customer, referenceId])).toEqual([
      ['default', 'flinks-pay'],
      ['oak', 'oak'],
    ]);
    // Which app is meant nobody said.
    expect((await failureOf(suite.service.createSession(session()))).code).toBe('unknown_provider');
    expect(pay().violations).toEqual([]);
  });

  it('P57: a call without a connection never slips to another customer', async () => {
    await start({
      sandbox: { customers: [{ name: 'oak' }] },
      modules: ({ flinksPay }) => [
        {
          customers: flinksPay.customers.map(({ name, url, username, password }) => ({
            account: name,
            baseUrl: url,
            username,
            password,
          })),
        },
      ],
    });
    const unnamed = () => failureOf(suite.service.createSession(session()));
    expect((await unnamed()).code).toBe('connection_ambiguous');
    await suite.connections.disconnect({ provider: 'flinks-pay', account: 'default' });
    expect((await unnamed()).code).toBe('connection_ambiguous');
    expect(pay().sessions).toEqual([]);
  });

  it('P57: the only customer is the one of the options, whatever older ones the store knows', async () => {
    await start();
    await suite.database.sql(
      `INSERT INTO flock_connection (id, provider, app, environment, account, scopes, status,
         installed_at, changed_at)
       VALUES ('former', 'flinks-pay', 'flinks-pay', 'default', 'former', '', 'active', 1, 1)`,
    );
    await suite.service.createSession(session());
    expect(pay().sessions).toHaveLength(1);
  });

  it('S18, P63: a replaced credential goes to its own server alone, also from an instance that knows the old one', async () => {
    await start();
    const [before, after] = [await startTokenEndpoint(), await startTokenEndpoint()];
    const serverHosts = [before, after].map(({ url }) => new URL(url).host);
    const instance = () =>
      startApp({
        port: 0,
        database: suite.database,
        imports: [FlinksPayModule.forRoot({ serverHosts })],
      });
    const [one, other] = [await instance(), await instance()];
    const registration = { provider: 'flinks-pay', account: 'm', clientId: 'u' };
    const register = (serverUrl: string, clientSecret: string) =>
      other.get(ConnectionService).register({ ...registration, serverUrl, clientSecret });
    const { id } = await register(before.url, 'old-secret');
    await one.get(TokenService).getAccessToken(id);
    await register(after.url, 'new-secret');
    await one.get(TokenService).getAccessToken(id);
    expect(before.calls.map(({ body }) => body.includes('old-secret'))).toEqual([true]);
    expect(after.calls.map(({ body }) => body.includes('new-secret'))).toEqual([true]);
    // Withdrawn by the other instance: nothing is sent for it, however young the news.
    await other.get(ConnectionService).disconnect(id);
    const late = await failureOf(one.get(TokenService).getAccessToken(id));
    expect(['not_connected', 'connection_revoked']).toContain(late.code);
    expect(after.calls).toHaveLength(1);
    for (const app of [one, other]) await app.close();
    for (const endpoint of [before, after]) await endpoint.stop();
  });

  it('a secret that a resolver gives is asked for again when it was replaced', async () => {
    let password = 'old';
    await start({
      sandbox: { password },
      modules: ({ flinksPay: { url, customer } }) => [
        { baseUrl: url, username: customer.username, password: () => Promise.resolve(password) },
      ],
    });
    await suite.service.createSession(session());
    password = pay().replacePassword();
    await suite.service.createSession(session());
    expect(pay().tokenCalls.map(({ outcome }) => outcome)).toEqual(['issued', 'refused', 'issued']);
    expect(pay().sessions).toHaveLength(2);
  });

  it('P63: what is missing or contradicts itself is said at the start', async () => {
    const problems: [Parameters<typeof startFlinksPay>[1], string][] = [
      [{ modules: () => [{}] }, 'no credential'],
      [{ modules: () => [{ baseUrl: 'https://acme.example' }] }, 'USERNAME and PASSWORD missing'],
      [
        {
          modules: () => [
            { baseUrl: 'http://acme.example', username: 'u', password: 'canary-password' },
          ],
        },
        'plain http',
      ],
      [
        {
          modules: () => [
            {
              customers: ['a', 'a'].map((account) => ({
                account,
                baseUrl: 'https://acme.example',
                username: 'u',
                password: 'canary-password',
              })),
            },
          ],
        },
        'two customers have the account "a"',
      ],
    ];
    for (const [settings, expected] of problems) {
      const failure = await failureOf(startFlinksPay(open, settings).then((other) => other.stop()));
      expect(failure.code).toBe('configuration_invalid');
      expect(failure.message).toContain(expected);
      expect(failure.message).not.toContain('canary-password');
    }
    await start();
  });

  it('S23, P58: no token and no password in the store, in a log or in an error', async () => {
    await start({ sandbox: { tokenPrefix: 'canary-' } });
    const seen: string[] = [];
    const note = (value: unknown) => {
      seen.push(inspect(value, { depth: 12, showHidden: true }));
      if (value instanceof FlockError) seen.push(JSON.stringify(value.getResponse()));
    };
    const made = await suite.service.createSession(session());
    note(made);
    const faults: Fault[] = [
      { kind: 'drop_after_commit' },
      { kind: 'hang' },
      { kind: 'truncate' },
      { kind: 'html' },
      { kind: 'status', status: 500, body: 'a raw body' },
      { kind: 'status', status: 401, body: 'a raw body' },
      { kind: 'rate_limit' },
    ];
    for (const on of ['token', 'api.sessions', 'api.paymentrequests'] as const) {
      for (const fault of faults) {
        if (on === 'token' && (fault.kind === 'hang' || 'status' in fault)) continue;
        suite.sandbox.faults.add({ on, fault });
        const attempt = suite.service.createSession(session(), { timeoutMs: 200 });
        await attempt.then(note, note);
        suite.sandbox.faults.clear();
      }
    }
    pay().replacePassword();
    await suite.service.createSession(session()).then(note, note);
    const connection = await suite.connections.get({ provider: 'flinks-pay', account: 'default' });
    note(connection);
    await suite.app
      .get(FlinksPayApi, { strict: false })
      .for(connection)
      .get('/api/v1/x')
      .then(note, note);

    expect(pay().secretsSeen().length).toBeGreaterThan(10);
    expect(
      pay()
        .secretsSeen()
        .every((secret) => secret.startsWith('canary-')),
    ).toBe(true);
    const store = await suite.dump();
    expect(store).toContain('flinks-pay');
    const everything = [...seen, ...suite.logger.lines, store].join('\n');
    expect(everything).not.toContain('canary-');
    expect(everything).not.toContain('a raw body');
    // The net is not torn: what is known to come out is found.
    expect(everything).toContain(made.sessionId);
    const rows = await suite.database.sql('SELECT * FROM flock_connection');
    expect(rows).toEqual([
      expect.objectContaining({ account: 'default', token_set: null, expires_at: null }),
    ]);
  });
});
