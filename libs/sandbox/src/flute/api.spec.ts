import { Sandbox } from '../sandbox.js';
import type { FluteEnvironment } from './flute-environment.js';

interface Page {
  readonly items: { readonly transactionId: string; readonly referenceId: string }[];
  readonly pageInfo: Readonly<Record<string, unknown>>;
  readonly total?: number;
}

describe('the API of Flute', () => {
  let sandbox: Sandbox;
  let token: string;
  const rules = () => sandbox.flute.violations.map(({ rule }) => rule);

  beforeEach(async () => {
    sandbox = await Sandbox.start({ providers: ['flute'] });
    token = await obtain('sandbox');
  });
  afterEach(() => sandbox.stop());

  async function obtain(environment: FluteEnvironment): Promise<string> {
    const { client_id, client_secret } = sandbox.flute.key;
    const response = await fetch(sandbox.flute.tokenUrl(environment), {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        scope: 'offline_access',
        client_id,
        client_secret,
      }),
    });
    return ((await response.json()) as { access_token: string }).access_token;
  }

  async function call(
    path: string,
    more: {
      readonly body?: unknown;
      readonly token?: string;
      readonly environment?: FluteEnvironment;
      readonly headers?: Record<string, string>;
    } = {},
  ) {
    const { body, environment = 'sandbox' } = more;
    const response = await fetch(sandbox.flute.apiUrl(environment) + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${more.token ?? token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...more.headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (text === '' ? undefined : JSON.parse(text)) as Record<string, unknown>,
    };
  }

  const charge = (cardNumber: string, more: Record<string, unknown> = {}) => ({
    paymentProcessorId: 'processor-1',
    baseAmount: 12.34,
    referenceId: 'order-1',
    transactionDetails: { cardData: { paymentMethodDetails: { cardNumber } } },
    ...more,
  });

  it('pages with pageIndex and pageInfo', async () => {
    const first = (await call('/v2/transactions')).body as unknown as Page;
    expect(first.items).toHaveLength(20);
    expect(first.pageInfo).toEqual({
      pageIndex: 0,
      pageSize: 20,
      totalItems: 45,
      totalPages: 3,
      hasMore: true,
    });
    const last = (await call('/v2/transactions?pageIndex=2')).body as unknown as Page;
    expect([last.items.length, last.pageInfo['hasMore']]).toEqual([5, false]);
    const beyond = await call('/v2/transactions?pageSize=101');
    expect(beyond.status).toBe(400);
    expect(beyond.body).toMatchObject({ errors: { pageSize: [expect.any(String)] } });
    expect(beyond.body).toHaveProperty('traceId');
    expect((await call('/v2/transactions?pageIndex=x')).status).toBe(400);
    const found = (await call('/v2/transactions?referenceId=seed-7')).body as unknown as Page;
    expect(found.items.map(({ referenceId }) => referenceId)).toEqual(['seed-7']);
    expect((await call('/v2/customers')).body['items']).toHaveLength(3);
  });

  it.each([0, 1] as const)('pages in the older form, from %d', async (firstPage) => {
    Object.assign(sandbox.flute.settings, { paging: 'total', firstPage });
    const path = (page: number) => `/v2/transactions?page=${page}&pageSize=40`;
    const first = (await call(path(firstPage))).body as unknown as Page;
    const second = (await call(path(firstPage + 1))).body as unknown as Page;
    expect([first.items.length, second.items.length, second.total]).toEqual([40, 5, 45]);
    expect(first).not.toHaveProperty('pageInfo');
  });

  it('keeps environments apart: a token of one is 401 at the other', async () => {
    const other = await call('/v2/transactions', { environment: 'production' });
    expect([other.status, other.text]).toEqual([401, '']);
    expect(rules()).toEqual(['wrong_environment']);
    const production = await obtain('production');
    const own = await call('/v2/transactions', { environment: 'production', token: production });
    const rows = own.body as unknown as Page;
    const id = rows.items[0]?.transactionId ?? '';
    expect(own.status).toBe(200);
    expect((await call(`/v2/transactions/${id}`)).status).toBe(404);
    const same = await call(`/v2/transactions/${id}`, {
      environment: 'production',
      token: production,
    });
    expect(same.body['transactionId']).toBe(id);
    expect(sandbox.flute.apiCalls[0]).toMatchObject({
      account: 'production',
      path: '/production/v2/transactions',
      status: 401,
    });
  });

  it('answers a bad token with an empty 401, or the envelope', async () => {
    sandbox.flute.expireAccessTokens('production');
    expect((await call('/v2/customers')).status).toBe(200);
    sandbox.flute.expireAccessTokens('sandbox');
    const empty = await call('/v2/customers');
    expect([empty.status, empty.text]).toEqual([401, '']);
    expect(empty.headers.get('www-authenticate')).toContain('invalid_token');
    sandbox.flute.settings.unauthorizedBody = 'envelope';
    const full = await call('/v2/customers', { token: 'nobody' });
    expect(full.body).toMatchObject({ ErrorCode: 'V0000', StatusCode: 401 });
    expect(full.body['Errors']).toHaveProperty('BearerTokenError');
    expect(rules()).toEqual([]);
  });

  it('ends the tokens of a deleted key', async () => {
    sandbox.flute.deleteKey('flute_sandbox');
    expect((await call('/v2/customers')).status).toBe(401);
  });

  it('approves and declines, both with status 200', async () => {
    const paid = await call('/v2/transactions', { body: charge('4111111111111111') });
    expect(paid.status).toBe(200);
    expect(paid.body).toMatchObject({
      transactionStatus: 'Captured',
      processedAmount: 12.34,
      declineDetails: null,
    });
    const declined = await call('/v2/transactions', { body: charge('4000000000000002') });
    expect(declined.status).toBe(200);
    expect(declined.body).toMatchObject({
      transactionStatus: 'Declined',
      declineDetails: { code: 'DoNotHonor' },
    });
    const unknown = await call('/v2/transactions', { body: charge('5555555555554444') });
    expect(unknown.body).toMatchObject({ declineDetails: { code: 'DeclineBinNotFound' } });
    const manual = {
      cardData: {
        captureMethod: 'Manual',
        paymentMethodDetails: { cardNumber: '4111111111111111' },
      },
    };
    const authorized = await call('/v2/transactions', {
      body: charge('', { transactionDetails: manual, referenceId: 'order-2' }),
    });
    expect(authorized.body['transactionStatus']).toBe('Authorized');
    const { tokenCalls, apiCalls, violations } = sandbox.flute;
    expect(JSON.stringify([tokenCalls, apiCalls, violations])).not.toContain('4111111111111111');
    expect(rules()).toEqual([]);
  });

  it('refuses the same charge within the window, unless its reference is another', async () => {
    const body = charge('4111111111111111');
    expect((await call('/v2/transactions', { body })).status).toBe(200);
    const twice = await call('/v2/transactions', { body });
    expect(twice.status).toBe(400);
    expect(twice.body).toMatchObject({ ErrorCode: 'V0000' });
    expect(twice.body['Errors']).toHaveProperty('IsDuplicate');
    const other = { ...body, referenceId: 'order-2' };
    expect((await call('/v2/transactions', { body: other })).status).toBe(200);
    sandbox.flute.settings.duplicateSeconds = 0;
    expect((await call('/v2/transactions', { body })).status).toBe(200);
  });

  it.each([
    ['unknown_member', charge('4111111111111111', { amount: 1 }), 'title'],
    ['unknown_member', { BaseAmount: 1 }, 'title'],
    ['not_json', [1], 'title'],
    ['invalid_transaction', charge('4111111111111111', { baseAmount: 1.005 }), 'Title'],
    ['invalid_transaction', charge('4111111111111111', { baseAmount: '1.00' }), 'Title'],
    ['invalid_transaction', { baseAmount: 1 }, 'Title'],
  ])('refuses %s', async (rule, body, title) => {
    const answer = await call('/v2/transactions', { body });
    expect(answer.status).toBe(400);
    expect(answer.body).toHaveProperty(title);
    expect(rules()).toEqual([rule]);
  });

  it('refuses other content, tokens in the query, two credentials', async () => {
    const text = await call('/v2/transactions', {
      body: charge('4111111111111111'),
      headers: { 'content-type': 'text/plain' },
    });
    expect(text.status).toBe(415);
    expect((await call(`/v2/customers?access_token=${token}`)).status).toBe(400);
    expect((await call('/v2/customers', { headers: { 'x-api-key': 'k' } })).status).toBe(400);
    expect((await call('/v2/nothing')).status).toBe(404);
    expect(rules()).toEqual([
      'wrong_content_type',
      'token_in_query',
      'two_credentials',
      'unknown_route',
    ]);
  });

  it('answers errors on demand in either letter case', async () => {
    const fault = { kind: 'error', error: 'P0000', status: 402 } as const;
    sandbox.faults.add({ on: 'api.customers', fault, times: 2 });
    const pascal = await call('/v2/customers');
    expect([pascal.status, pascal.body['ErrorCode']]).toEqual([402, 'P0000']);
    sandbox.flute.settings.errorCase = 'camel';
    const camel = await call('/v2/customers');
    expect([camel.status, camel.body['errorCode']]).toEqual([402, 'P0000']);
    expect(camel.body).toHaveProperty('correlationId');
  });

  it('is steered and shown by the sandbox', async () => {
    const post = async (path: string, body: unknown) => {
      const response = await fetch(`${sandbox.url}/__sandbox/flute/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    const key = await post('keys', { clientId: 'k1', environments: ['production'] });
    expect(key.body).toMatchObject({ client_id: 'k1', environments: ['production'] });
    expect((await post('keys', { environments: ['live'] })).status).toBe(400);
    expect((await post('replace-secret', { clientId: 'k1' })).body['client_id']).toBe('k1');
    expect((await post('settings', { accessTokenSeconds: 900 })).status).toBe(200);
    expect(sandbox.flute.settings.accessTokenSeconds).toBe(900);
    expect((await post('settings', { errorCase: 'upper' })).status).toBe(400);
    await post('expire-access-tokens', {});
    expect((await call('/v2/customers')).status).toBe(401);
    await post('expire-refresh-tokens', { environment: 'sandbox' });
    expect((await post('delete-key', { clientId: 'k1' })).status).toBe(200);
    expect((await post('delete-key', { clientId: 'k1' })).status).toBeGreaterThanOrEqual(400);
    const home = await (await fetch(sandbox.url)).text();
    expect(home).toContain(sandbox.flute.tokenUrl('production'));
    expect(home).toContain('flute_sandbox');
    expect(home).not.toContain(sandbox.flute.key.client_secret);
  });
});
