import type { Connection } from '@nest-flock/core';
import { declineOf } from '@nest-flock/flute';
import type { FluteSandbox } from '@nest-flock/sandbox';
import { DATABASES } from '../../support/databases.js';
import { NoisyLogger } from '../../support/noisy-logger.js';
import { failureOf, until } from '../../support/poll.js';
import { TransactionsController, TwoAppsController } from './transactions.controller.js';
import { at, sharedKey, startFlute } from './world.js';
import type { FluteModuleOptions, FluteWorld, FluteWorldSettings } from './world.js';

describe.each(DATABASES)('Flute on %s', (_name, open) => {
  let world: FluteWorld | undefined;

  const start = async (settings?: FluteWorldSettings): Promise<FluteWorld> =>
    (world = await startFlute(open, settings));
  const rules = () => world?.flute.violations.map(({ rule }) => rule);

  afterEach(async () => {
    await world?.stop();
    world = undefined;
  });

  const separateKeys = (flute: FluteSandbox) => {
    const sandbox = flute.addKey({ clientId: 'sb', environments: ['sandbox'] });
    const production = flute.addKey({ clientId: 'pr', environments: ['production'] });
    return {
      sandboxClientId: sandbox.client_id,
      sandboxClientSecret: sandbox.client_secret,
      productionClientId: production.client_id,
      productionClientSecret: production.client_secret,
    };
  };

  describe('two environments', () => {
    it('S36: one key for both; each environment has its token from its own host', async () => {
      const { tokens, flute, api, connections, sandbox: world } = await start();
      expect(flute.tokenCalls).toEqual([]);
      // Nor does one wait for the other, although the accounts have one name.
      const held = world.faults.add({ on: 'token', fault: { kind: 'hold' } });
      const waiting = tokens.getAccessToken(at('sandbox'));
      await held.reached;
      const production = await tokens.getAccessToken(at('production'));
      held.release();
      const sandbox = await waiting;
      expect(sandbox).not.toBe(production);
      expect(flute.tokenCalls.map(({ account }) => account).sort()).toEqual([
        'production',
        'sandbox',
      ]);
      for (const environment of ['sandbox', 'production'] as const) {
        const connection = await connections.get(at(environment));
        await api.for(connection).get('/v2/customers');
        expect(flute.apiCalls.at(-1)).toMatchObject({ account: environment, status: 200 });
      }
      expect(rules()).toEqual([]);
    });

    it('S36: a key for each, side by side; none goes to the other host, renewals included', async () => {
      const { tokens, flute, renew } = await start({ modules: (one) => [separateKeys(one)] });
      await tokens.getAccessToken(at('production'));
      await tokens.getAccessToken(at('sandbox'));
      await renew(at('production'));
      await renew(at('sandbox'));
      expect(flute.tokenCalls.map(({ account, client_id }) => [account, client_id])).toEqual([
        ['production', 'pr'],
        ['sandbox', 'sb'],
        ['production', 'pr'],
        ['sandbox', 'sb'],
      ]);
      expect(rules()).toEqual([]);
    });

    it('S36: an environment’s own key goes before the shared one', async () => {
      const { tokens, flute } = await start({
        modules: (one) => {
          const { productionClientId, productionClientSecret } = separateKeys(one);
          return [{ ...sharedKey(one), productionClientId, productionClientSecret }];
        },
      });
      await tokens.getAccessToken(at('sandbox'));
      await tokens.getAccessToken(at('production'));
      expect(flute.tokenCalls.map(({ client_id }) => client_id)).toEqual(['flute_sandbox', 'pr']);
    });

    it('S36: the API client refuses the other environment’s host', async () => {
      const { api, connections, flute } = await start();
      const connection = await connections.get(at('sandbox'));
      const other = `${flute.apiUrl('production')}/v2/customers`;
      expect(await failureOf(api.for(connection).get(other))).toMatchObject({
        code: 'provider_refused',
      });
      expect(flute.apiCalls).toEqual([]);
    });

    it('P75: an environment without a key is refused in clear words, and nothing is sent', async () => {
      const { tokens, flute } = await start({
        modules: (one) => [{ ...sharedKey(one), environments: ['sandbox'] }],
      });
      expect(await failureOf(tokens.getAccessToken(at('production')))).toMatchObject({
        code: 'not_connected',
        message: expect.stringContaining('flute (production)') as string,
      });
      expect(flute.tokenCalls).toEqual([]);
      expect(await tokens.getAccessToken(at('sandbox'))).toBeDefined();
    });

    it('P75: keys of merchants are registered at run time', async () => {
      const { tokens, flute, connections } = await start({ modules: () => [{ environments: [] }] });
      const key = flute.addKey({ environments: ['production'] });
      const connection = await connections.register({
        provider: 'flute',
        environment: 'production',
        account: 'm1',
        clientId: key.client_id,
        clientSecret: key.client_secret,
        owner: 'tenant-1',
      });
      await tokens.getAccessToken({ provider: 'flute', owner: 'tenant-1' });
      expect(flute.tokenCalls.at(-1)).toMatchObject({
        account: 'production',
        client_id: key.client_id,
        outcome: 'issued',
      });
      expect(connection.account).toBe('m1');
    });

    it('S36: of two registered keys a route has the one of its environment, also right after the other', async () => {
      const { host, flute, connections } = await start({
        modules: () => [{ environments: [] }],
        controllers: [TransactionsController],
      });
      const environments = ['production', 'sandbox'] as const;
      for (const environment of environments) {
        const key = flute.addKey({ environments: [environment] });
        await connections.register({
          provider: 'flute',
          environment,
          account: `of-${environment}`,
          clientId: key.client_id,
          clientSecret: key.client_secret,
        });
      }
      for (const environment of environments) {
        const page = await host.browser().open(`/transactions/${environment}`);
        expect([environment, page.status]).toEqual([environment, 200]);
      }
      expect(flute.apiCalls.map(({ account }) => account)).toEqual([...environments]);
    });

    const unusable: [string, FluteModuleOptions, string][] = [
      ['no key at all', {}, 'no API key is given; set clientId (CLIENT_ID)'],
      [
        'half a key',
        { productionClientId: 'id' },
        'productionClientId (PRODUCTION_CLIENT_ID) is set without productionClientSecret',
      ],
      [
        'an environment without a key',
        {
          sandboxClientId: 'id',
          sandboxClientSecret: 'sesame',
          environments: ['sandbox', 'production'],
        },
        'names production, which has no key; set productionClientId',
      ],
      [
        'an unknown environment',
        { clientId: 'id', clientSecret: 'sesame', environments: ['live'] },
        'expected sandbox, production, or both',
      ],
      [
        'one API host for both',
        {
          clientId: 'id',
          clientSecret: 'sesame',
          sandboxApiUrl: 'https://api.flute.com',
          productionApiUrl: 'https://api.flute.com/',
        },
        'sandboxApiUrl (SANDBOX_API_URL) and productionApiUrl (PRODUCTION_API_URL) are the same',
      ],
    ];
    it.each(unusable)('P75: does not start with %s', async (_case, options, message) => {
      const failure = await failureOf(start({ modules: () => [options] }));
      expect(failure.code).toBe('configuration_invalid');
      expect(failure.message).toContain(message);
      expect(failure.message).not.toContain('sesame');
    });
  });

  describe('tokens', () => {
    it('asks with Basic and the scope offline_access; 50 callers share one call', async () => {
      const { tokens, flute, grants } = await start({ sandbox: { clientAuthentication: 'basic' } });
      const all = await Promise.all(
        Array.from({ length: 50 }, () => tokens.getAccessToken(at('sandbox'))),
      );
      expect(new Set(all).size).toBe(1);
      expect(grants()).toEqual(['client_credentials']);
      expect(flute.violations).toEqual([]);
    });

    it('or with the credentials in the body, for both grants', async () => {
      const { grants, renew } = await start({
        sandbox: { clientAuthentication: 'body' },
        modules: (one) => [{ ...sharedKey(one), clientAuthentication: 'body' }],
      });
      await renew(at('sandbox'));
      expect(grants()).toEqual(['client_credentials', 'refresh_token']);
      expect(rules()).toEqual([]);
    });

    it('P73: uses the refresh token when there is one, and always the newest', async () => {
      const { grants, renew, flute } = await start();
      for (let round = 0; round < 4; round += 1) await renew(at('sandbox'));
      expect(grants()).toEqual(['client_credentials', ...Array<string>(4).fill('refresh_token')]);
      expect(flute.audit()).toMatchObject({ refreshes: 4, committed: 4, reuse: 0, overlaps: 0 });
      expect(rules()).toEqual([]);
    });

    it.each([
      ['400 invalid_grant', { kind: 'error', error: 'invalid_grant' }],
      ['401 invalid_grant', { kind: 'error', error: 'invalid_grant', status: 401 }],
      ['401 invalid_client', { kind: 'error', error: 'invalid_client', status: 401 }],
      ['401 without a body', { kind: 'status', status: 401 }],
      ['400 without a body', { kind: 'status', status: 400 }],
    ] as const)('P73: a refresh answered %s: one client-credentials call', async (_case, fault) => {
      const { grants, renew, sandbox, tokens } = await start();
      const first = await tokens.getAccessToken(at('sandbox'));
      sandbox.faults.add({ on: 'token.refresh', fault });
      const second = await renew(at('sandbox'));
      expect(second).not.toBe(first);
      expect(grants()).toEqual(['client_credentials', 'refresh_token', 'client_credentials']);
      // The new refresh token is good, and the credential was never in doubt.
      await renew(at('sandbox'));
      expect(grants().slice(3)).toEqual(['refresh_token']);
    });

    it('P73: a refresh token that has ended costs one call more, and no person', async () => {
      const { grants, renew, flute, connections } = await start();
      await renew(at('sandbox'));
      flute.expireRefreshTokens();
      await renew(at('sandbox'));
      expect(grants().slice(2)).toEqual(['refresh_token', 'client_credentials']);
      expect((await connections.get(at('sandbox'))).status).toBe('active');
      expect(rules()).toEqual([]);
    });

    it('P73: when client credentials are refused too, it stops there and says whose fault it is', async () => {
      const { grants, renew, flute, tokens } = await start();
      await tokens.getAccessToken(at('sandbox'));
      flute.replaceSecret();
      expect(await failureOf(renew(at('sandbox')))).toMatchObject({
        code: 'app_credentials_rejected',
      });
      expect(grants()).toEqual(['client_credentials', 'refresh_token', 'client_credentials']);
    });

    it('a refresh answer without a refresh token keeps the one there is', async () => {
      const { grants, renew, flute, sandbox } = await start();
      sandbox.faults.add({
        on: 'token.refresh',
        fault: { kind: 'answer', omit: ['refresh_token'] },
      });
      await renew(at('sandbox'));
      await renew(at('sandbox'));
      expect(grants()).toEqual(['client_credentials', 'refresh_token', 'refresh_token']);
      const [, one, two] = flute.tokenCalls;
      expect(two?.token_fingerprint).toBe(one?.token_fingerprint);
      expect(rules()).toEqual([]);
    });

    it('without refresh tokens every renewal is by client credentials', async () => {
      const { grants, renew } = await start({ sandbox: { refreshTokens: false } });
      await renew(at('sandbox'));
      await renew(at('sandbox'));
      expect(grants()).toEqual(Array<string>(3).fill('client_credentials'));
    });

    it('P74: fresh takes a new token for one call, and only for that', async () => {
      // The interval between renewals is no hindrance: this is the host's own wish.
      const { tokens, flute, api, connections } = await start({
        renewal: { minIntervalMs: 60_000 },
      });
      const first = await tokens.getAccessToken(at('sandbox'));
      expect(await tokens.getAccessToken(at('sandbox'))).toBe(first);
      const second = await tokens.getAccessToken(at('sandbox'), { fresh: true });
      expect(second).not.toBe(first);
      const client = api.for(await connections.get(at('sandbox')));
      await client.get('/v2/customers');
      await client.get('/v2/customers', { fresh: true });
      await client.get('/v2/customers');
      const used = flute.apiCalls.map((call) => call.authorization_fingerprint);
      expect(used[1]).not.toBe(used[0]);
      expect(used[2]).toBe(used[1]);
      expect(flute.tokenCalls).toHaveLength(3);
      expect(rules()).toEqual([]);
    });

    it.each([5, 30])(
      'P74: a life of %d s: 20 calls make one token call',
      async (accessTokenSeconds) => {
        const { tokens, flute } = await start({
          sandbox: { accessTokenSeconds },
          renewal: { minIntervalMs: 5_000 },
        });
        const got = new Set<string>();
        for (let round = 0; round < 20; round += 1) {
          got.add(await tokens.getAccessToken(at('sandbox')));
        }
        expect(got.size).toBe(1);
        expect(flute.tokenCalls).toHaveLength(1);
      },
    );

    it.each([
      [100, 20_000],
      [3_600, 300_000],
    ])(
      'P74: a life of %d s: renewal is due %d ms before its end, or up to half as much earlier',
      async (accessTokenSeconds, ahead) => {
        const { tokens, database } = await start({ sandbox: { accessTokenSeconds } });
        await tokens.getAccessToken(at('sandbox'));
        // A second use, whose note the renewal ahead of expiry goes by.
        await tokens.getAccessToken(at('sandbox'));
        const { due_at, expires_at } = await until(async () => {
          const rows = await database.sql('SELECT * FROM flock_connection');
          return rows.find((row) => row.due_at !== null);
        });
        const before = Number(expires_at) - Number(due_at);
        expect(before).toBeGreaterThanOrEqual(ahead);
        expect(before).toBeLessThanOrEqual(ahead * 1.5);
      },
    );

    it('F15, P74: the life is what the answer says, also as text; without one it is short', async () => {
      const { tokens, connections, sandbox } = await start();
      const lifeOf = async (environment: 'sandbox' | 'production') => {
        const before = Date.now();
        await tokens.getAccessToken(at(environment));
        const { expiresAt } = await connections.get(at(environment));
        return Math.round(((expiresAt?.getTime() ?? 0) - before) / 60_000);
      };
      sandbox.faults.add({ on: 'token', fault: { kind: 'answer', omit: ['expires_in'] } });
      expect(await lifeOf('sandbox')).toBe(15);
      sandbox.faults.add({ on: 'token', fault: { kind: 'answer', set: { expires_in: '1800' } } });
      expect(await lifeOf('production')).toBe(30);
    });

    it('429 of the token endpoint: its Retry-After holds, and nothing is sent before', async () => {
      const { tokens, sandbox, flute } = await start();
      sandbox.faults.add({ on: 'token', fault: { kind: 'rate_limit', retryAfter: 600 } });
      for (let round = 0; round < 3; round += 1) {
        const failure = await failureOf(tokens.getAccessToken(at('sandbox')));
        expect(failure).toMatchObject({ code: 'provider_rate_limited', retryable: true });
        expect(failure.retryAfterSeconds).toBeGreaterThan(500);
      }
      expect(flute.tokenCalls).toHaveLength(1);
      expect(await tokens.getAccessToken(at('production'))).toBeDefined();
    });

    it.each([
      ['no answer', { kind: 'drop_after_commit' }],
      ['500', { kind: 'status', status: 500, body: '' }],
      ['HTML', { kind: 'html' }],
    ] as const)(
      'P73: a refresh that ends with %s keeps nobody from a new token',
      async (_case, fault) => {
        const { renew, sandbox, tokens, grants } = await start();
        const first = await tokens.getAccessToken(at('sandbox'));
        sandbox.faults.add({ on: 'token.refresh', times: Infinity, fault });
        expect(await renew(at('sandbox'))).not.toBe(first);
        expect(grants()).toEqual(['client_credentials', 'refresh_token', 'client_credentials']);
      },
    );

    it('no secret is in the database in clear, in a log line, or in an error', async () => {
      const logger = new NoisyLogger();
      const { renew, flute, sandbox, database, tokens } = await start({
        sandbox: { tokenPrefix: 'CANARY' },
        logger,
      });
      await renew(at('sandbox'));
      sandbox.faults.add({ on: 'token', fault: { kind: 'error', error: 'invalid_scope' } });
      const failure = await failureOf(tokens.getAccessToken(at('production')));
      const rows = await database.sql('SELECT * FROM flock_connection');
      const events = await database.sql('SELECT * FROM flock_event');
      const written = [...rows, ...events]
        .flatMap((row) => Object.values(row))
        .map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value)))
        .join('\n');
      expect(rows).toHaveLength(2);
      expect(flute.secretsSeen().some((secret) => secret.includes('CANARY'))).toBe(true);
      for (const text of [written, logger.lines.join('\n'), JSON.stringify(failure)]) {
        expect(text).not.toContain('CANARY');
      }
    });
  });

  describe('refusals of the API', () => {
    let client: ReturnType<FluteWorld['api']['for']>;
    let here: FluteWorld;

    beforeEach(async () => {
      here = await start();
      client = here.api.for(await here.connections.get(at('sandbox')));
    });

    it.each(['camel', 'pascal'] as const)('the main envelope in %s case', async (errorCase) => {
      here.flute.settings.errorCase = errorCase;
      here.sandbox.faults.add({
        on: 'api.customers',
        fault: { kind: 'error', error: 'P0000', status: 402 },
      });
      expect(await failureOf(client.get('/v2/customers'))).toMatchObject({
        code: 'provider_refused',
        providerStatus: 402,
        providerCode: 'P0000',
        providerRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        retryable: false,
      });
    });

    it('an envelope without a code is named by its exception', async () => {
      const body = { StatusCode: 400, ExceptionType: 'ValidationException', CorrelationId: 'c-1' };
      here.sandbox.faults.add({ on: 'api', fault: { kind: 'status', status: 400, body } });
      expect(await failureOf(client.get('/v2/customers'))).toMatchObject({
        providerCode: 'ValidationException',
        providerRequestId: 'c-1',
      });
    });

    it('RFC 9110 problem details, with the trace id', async () => {
      const failure = await failureOf(client.get('/v2/customers', { query: { pageSize: 101 } }));
      expect(failure).toMatchObject({
        code: 'provider_refused',
        providerStatus: 400,
        providerRequestId: expect.stringMatching(/^00-/) as string,
      });
      expect(failure.providerCode).toBeUndefined();
    });

    it('the token endpoint’s form', async () => {
      const body = { error: 'invalid_request', error_description: 'words', error_uri: 'https://x' };
      here.sandbox.faults.add({ on: 'api', fault: { kind: 'status', status: 400, body } });
      const failure = await failureOf(client.get('/v2/customers'));
      expect(failure).toMatchObject({ providerCode: 'invalid_request' });
      expect(JSON.stringify(failure)).not.toContain('words');
    });

    it('a message that poses as a code stays out of the error', async () => {
      const body = { errorCode: 'card 4111 was <b>bad</b>', correlationId: ['x'], errors: 'none' };
      here.sandbox.faults.add({ on: 'api', fault: { kind: 'status', status: 400, body } });
      const failure = await failureOf(client.get('/v2/customers'));
      expect(failure.providerCode).toBeUndefined();
      expect(JSON.stringify(failure)).not.toContain('4111');
    });

    it('an empty 401: one renewal, then the call succeeds', async () => {
      await client.get('/v2/customers');
      here.flute.expireAccessTokens();
      expect((await client.get('/v2/customers')).status).toBe(200);
      expect(here.flute.apiCalls.map(({ status }) => status)).toEqual([200, 401, 200]);
      expect(here.grants()).toEqual(['client_credentials', 'refresh_token']);
    });

    it('an empty 401 that stays: one renewal, then a clear error', async () => {
      here.sandbox.faults.add({
        on: 'api.customers',
        times: Infinity,
        fault: { kind: 'status', status: 401 },
      });
      expect(await failureOf(client.get('/v2/customers'))).toMatchObject({
        code: 'provider_refused',
        providerStatus: 401,
        message: 'Flute refused the call (401).',
      });
      expect(here.flute.apiCalls).toHaveLength(2);
      expect(here.flute.tokenCalls).toHaveLength(2);
    });

    it('429 with its Retry-After', async () => {
      here.sandbox.faults.add({ on: 'api', fault: { kind: 'rate_limit', retryAfter: 7 } });
      expect(await failureOf(client.get('/v2/customers'))).toMatchObject({
        code: 'provider_rate_limited',
        retryAfterSeconds: 7,
        providerCode: 'R0000',
        retryable: true,
      });
    });

    const charge = (cardNumber: string, referenceId: string) => ({
      paymentProcessorId: 'processor-1',
      baseAmount: 10.5,
      referenceId,
      transactionDetails: { cardData: { paymentMethodDetails: { cardNumber } } },
    });

    it('P70: a decline is an answer with status 200, and visible as such', async () => {
      const paid = await client.post('/v2/transactions', charge('4111111111111111', 'o-1'));
      expect([paid.status, declineOf(paid.data)]).toEqual([200, undefined]);
      const declined = await client.post<{ transactionId: string }>(
        '/v2/transactions',
        charge('4000000000000002', 'o-2'),
      );
      expect(declined.status).toBe(200);
      expect(declineOf(declined.data)).toEqual({
        code: 'DoNotHonor',
        transactionId: declined.data.transactionId,
      });
      // No key of ours on a POST: only what the host gives.
      expect(here.flute.apiCalls.some((call) => 'idempotency_key' in call)).toBe(false);
    });

    it('P70: a charge without an answer is not told as worth a retry', async () => {
      here.sandbox.faults.add({ on: 'api.transactions', fault: { kind: 'drop_after_commit' } });
      const error = await failureOf(
        client.post('/v2/transactions', charge('4111111111111111', 'o-9')),
      );
      expect(error).toMatchObject({
        code: 'outcome_unknown',
        retryable: false,
        outcome: 'unknown',
        message: expect.stringContaining('look it up') as string,
      });
      expect(here.flute.apiCalls).toHaveLength(1);
      // A 401 is a refusal: nothing was charged, so it is sent again, with the host's own key.
      here.flute.expireAccessTokens();
      const idempotencyKey = 'mine';
      const body = charge('4111111111111111', 'o-10');
      await client.post('/v2/transactions', body, { idempotencyKey });
      const calls = here.flute.apiCalls.slice(1);
      expect(calls.map(({ status }) => status)).toEqual([401, 200]);
      expect(calls.map((call) => call.idempotency_key)).toEqual(['mine', 'mine']);
    });

    it('P70: duplicate control has its own code, and a reference finds the first charge', async () => {
      const body = charge('4111111111111111', 'o-3');
      const { data } = await client.post<{ transactionId: string }>('/v2/transactions', body);
      expect(await failureOf(client.post('/v2/transactions', body))).toMatchObject({
        code: 'provider_refused',
        providerStatus: 400,
        providerCode: 'IsDuplicate',
      });
      const found: unknown[] = [];
      const query = { referenceId: 'o-3' };
      const connection = client.connection;
      for await (const one of here.api.pages(connection, '/v2/transactions', { query })) {
        found.push(one);
      }
      expect(found).toEqual([expect.objectContaining({ transactionId: data.transactionId })]);
    });

    it('unknown members are refused before anything is charged', async () => {
      const body = { ...charge('4111111111111111', 'o-4'), amount: 1 };
      expect(await failureOf(client.post('/v2/transactions', body))).toMatchObject({
        code: 'provider_refused',
        providerStatus: 400,
      });
      expect(rules()).toEqual(['unknown_member']);
    });
  });

  describe('declineOf', () => {
    it.each([
      [{ transactionStatus: 'Declined', declineDetails: { code: 'AVS' } }, { code: 'AVS' }],
      [
        { TransactionStatus: 'declined', DeclineDetails: { Code: '05' }, TransactionId: 't-1' },
        { code: '05', transactionId: 't-1' },
      ],
      [{ transactionStatus: 'Declined', declineDetails: null }, {}],
      [{ transactionStatus: 'Captured', declineDetails: { code: 'AVS' } }, undefined],
      [{ transactionStatus: 1 }, undefined],
      ['Declined', undefined],
      [null, undefined],
    ])('P70: %j', (data, expected) => {
      expect(declineOf(data)).toEqual(expected);
    });
  });

  describe('pages', () => {
    let here: FluteWorld;
    let connection: Connection;

    beforeEach(async () => {
      here = await start();
      connection = await here.connections.get(at('sandbox'));
    });

    const references = async (pageSize?: number): Promise<string[]> => {
      const found: string[] = [];
      const options = pageSize === undefined ? {} : { pageSize };
      for await (const one of here.api.pages<{ referenceId: string }>(
        connection,
        '/v2/transactions',
        options,
      )) {
        found.push(one.referenceId);
      }
      return found;
    };
    const all = Array.from({ length: 45 }, (_, index) => `seed-${index + 1}`);

    it.each([
      [undefined, 1],
      [20, 3],
      [45, 1],
      [15, 3],
    ])('P71: pageIndex and pageInfo, size %p: %i calls', async (pageSize, calls) => {
      expect(await references(pageSize)).toEqual(all);
      expect(here.flute.apiCalls).toHaveLength(calls);
      expect(rules()).toEqual([]);
    });

    it.each([
      [0, 20, 3],
      [1, 20, 4],
      [0, 100, 1],
      [1, 15, 4],
    ] as const)(
      'P71: the older form that counts from %i, size %i: %i calls',
      async (first, size, calls) => {
        Object.assign(here.flute.settings, { paging: 'total', firstPage: first });
        expect(await references(size)).toEqual(all);
        expect(here.flute.apiCalls).toHaveLength(calls);
      },
    );

    it('P71: fetches no further than it is read, and keeps query and other options', async () => {
      for await (const one of here.api.pages<{ referenceId: string }>(
        connection,
        '/v2/transactions',
        { pageSize: 10 },
      )) {
        if (one.referenceId === 'seed-12') break;
      }
      expect(here.flute.apiCalls).toHaveLength(2);
    });

    /** The first page, whatever is on it. */
    const numbered = (id: number) => ({
      items: [{ id }],
      pageInfo: { pageIndex: 0, hasMore: true },
    });

    it.each<[string, object[], number]>([
      ['the same page again', [numbered(1)], 2],
      ['the same page with other items', [numbered(1), numbered(2)], 2],
      ['the same page, unnumbered', [{ items: [{ id: 1 }], pageInfo: { hasMore: true } }], 2],
      ['an empty page with more', [{ items: [], pageInfo: { pageIndex: 0, hasMore: true } }], 1],
      ['an empty page below the total', [{ items: [], total: 9 }], 1],
      ['the older form, the same page for ever', [{ items: [{ id: 1 }], total: 9 }], 3],
      ['no list', [{ rows: [] }], 1],
    ])('P71: does not go round in circles: %s', async (_case, bodies, calls) => {
      for (const [index, body] of bodies.entries()) {
        here.sandbox.faults.add({
          on: 'api.transactions',
          times: index === bodies.length - 1 ? Infinity : 1,
          fault: { kind: 'status', status: 200, body },
        });
      }
      expect(await failureOf(references())).toMatchObject({
        code: 'provider_unavailable',
        message: expect.stringContaining('cannot be read on') as string,
      });
      expect(here.flute.apiCalls).toHaveLength(calls);
    });

    it('P71: without hasMore the count of items tells', async () => {
      const page = (pageIndex: number) => ({
        items: [{ referenceId: `r-${pageIndex}` }],
        pageInfo: { pageIndex, pageSize: 1, totalItems: 2 },
      });
      for (const index of [0, 1]) {
        here.sandbox.faults.add({
          on: 'api.transactions',
          fault: { kind: 'status', status: 200, body: page(index) },
        });
      }
      expect(await references(1)).toEqual(['r-0', 'r-1']);
    });

    it('P71: refuses sizes beyond 1 to 100, and a query that counts itself, before any call', async () => {
      for (const pageSize of [0, 101, 1.5]) {
        expect(await failureOf(references(pageSize))).toMatchObject({
          code: 'invalid_request',
          message: expect.stringContaining('1 to 100') as string,
        });
      }
      for (const name of ['pageIndex', 'page', 'pageSize']) {
        const pages = here.api.pages(connection, '/v2/transactions', { query: { [name]: 1 } });
        expect(await failureOf(pages.next())).toMatchObject({
          code: 'invalid_request',
          message: expect.stringContaining(name) as string,
        });
      }
      expect(here.flute.apiCalls).toEqual([]);
    });
  });

  describe('the guard', () => {
    const get = async (path: string) => {
      const response = await fetch(`${world?.host.url ?? ''}${path}`);
      return { status: response.status, text: await response.text() };
    };

    it('chooses the only account of the environment that the route names', async () => {
      await start({ controllers: [TransactionsController] });
      expect((await get('/transactions/sandbox')).text).toMatch(/^aaaaaaaa-/);
      expect((await get('/transactions/production')).text).toMatch(/^bbbbbbbb-/);
      const either = await get('/transactions');
      expect([either.status, JSON.parse(either.text)]).toEqual([
        409,
        expect.objectContaining({ code: 'connection_ambiguous' }),
      ]);
      expect(rules()).toEqual([]);
    });

    it('P75: needs no name where there is only one environment; the missing one is refused clearly', async () => {
      const { flute } = await start({
        controllers: [TransactionsController],
        modules: (one) => [{ ...sharedKey(one), environments: ['sandbox'] }],
      });
      expect((await get('/transactions')).text).toMatch(/^aaaaaaaa-/);
      const missing = await get('/transactions/production');
      expect([missing.status, JSON.parse(missing.text)]).toEqual([
        401,
        expect.objectContaining({
          code: 'not_connected',
          detail: expect.stringContaining('Flute has no credential in production') as string,
        }),
      ]);
      expect(flute.tokenCalls.every(({ account }) => account === 'sandbox')).toBe(true);
    });

    it('says that the key is wrong, when it is', async () => {
      const { flute } = await start({ controllers: [TransactionsController] });
      flute.deleteKey('flute_sandbox');
      const refused = await get('/transactions/production');
      expect([refused.status, JSON.parse(refused.text)]).toEqual([
        503,
        expect.objectContaining({ code: 'app_credentials_rejected' }),
      ]);
    });
  });

  it('two apps in one host, each with its own key and tokens', async () => {
    const { tokens, flute, host } = await start({
      controllers: [TwoAppsController],
      modules: (one) => {
        const { client_id, client_secret } = one.addKey({ clientId: 'eu-key' });
        return [sharedKey(one), { name: 'eu', clientId: client_id, clientSecret: client_secret }];
      },
    });
    const one = await tokens.getAccessToken({ ...at('sandbox'), app: 'flute' });
    const other = await tokens.getAccessToken({ ...at('sandbox'), app: 'eu' });
    expect(one).not.toBe(other);
    expect(flute.tokenCalls.map(({ client_id }) => client_id)).toEqual(['flute_sandbox', 'eu-key']);
    expect(await failureOf(tokens.getAccessToken(at('sandbox')))).toMatchObject({
      code: 'connection_ambiguous',
    });
    for (const app of ['flute', 'eu']) {
      expect(await (await fetch(`${host.url}/two/${app}`)).text()).toBe(app);
    }
  });
});
