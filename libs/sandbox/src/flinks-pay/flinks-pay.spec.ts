import { fingerprint } from '../inspection/fingerprint.js';
import { Sandbox } from '../sandbox.js';

const START = {
  amount: 10.5,
  customerName: 'Ada Byron',
  customerEmail: 'ada@example.com',
  referenceId: 'order-1',
};
const V2_START = {
  referenceId: 'order-2',
  type: 'e-Transfer',
  direction: 'DEBIT',
  currency: 'CAD',
  amount: 99999.99,
  payor: { firstName: 'Ada', lastName: 'Byron', email: 'ada@example.com' },
};

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, string>;
}

describe('the emulated FlinksPay', () => {
  let sandbox: Sandbox;
  const rules = () => sandbox.flinksPay.violations.map(({ rule }) => rule);

  beforeEach(async () => {
    sandbox = await Sandbox.start({ providers: ['flinks-pay'] });
  });
  afterEach(() => sandbox.stop());

  async function send(url: string, init: RequestInit = {}): Promise<Answered> {
    const response = await fetch(url, { redirect: 'manual', ...init });
    const text = await response.text();
    const body = text.startsWith('{') ? (JSON.parse(text) as Answered['body']) : {};
    return { status: response.status, headers: response.headers, text, body };
  }

  /** Exactly what the Authorize page shows. */
  function authorize(
    customer = sandbox.flinksPay.customer,
    form: Record<string, string> | string = {
      grant_type: 'client_credentials',
      Username: customer.username,
      Password: customer.password,
    },
    headers: Record<string, string> = {},
  ): Promise<Answered> {
    return send(`${customer.url}/api/v1/authorize`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    });
  }

  async function token(customer = sandbox.flinksPay.customer): Promise<string> {
    return (await authorize(customer)).body['access_token'] as string;
  }

  function api(
    method: string,
    path: string,
    bearer: string | undefined,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answered> {
    return send(`${sandbox.flinksPay.url}${path}`, {
      method,
      headers: {
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  }

  const start = (bearer: string | undefined, body: unknown = START) =>
    api('POST', '/api/v1/sessions/initiate', bearer, body);

  describe('authorize', () => {
    it('answers exactly the documented fields', async () => {
      const { status, body } = await authorize();
      expect(status).toBe(200);
      expect(body).toEqual({
        access_token: expect.stringMatching(/^[\da-f-]{36}$/) as string,
        token_type: 'bearer',
        expires_in: 299,
      });
      expect(sandbox.flinksPay.tokenCalls).toEqual([
        expect.objectContaining({
          grant_type: 'client_credentials',
          client_id: 'default-user',
          account: 'default',
          outcome: 'issued',
          committed: true,
        }),
      ]);
      sandbox.flinksPay.settings.accessTokenSeconds = 599;
      expect((await authorize()).body['expires_in']).toBe(599);
      expect(rules()).toEqual([]);
    });

    it.each([
      ['wrong_casing', 'grant_type=client_credentials&username=u&Password=p', {}, 400],
      ['wrong_casing', 'grant_type=client_credentials&Username=u&password=p', {}, 400],
      ['duplicate_parameter', 'grant_type=client_credentials&Username=u&Username=u', {}, 400],
      ['missing_field', 'Username=u&Password=p', {}, 400],
      ['unsupported_grant_type', 'grant_type=password&Username=u&Password=p', {}, 400],
      ['no_credentials', 'grant_type=client_credentials', {}, 401],
      [
        'wrong_content_type',
        '{"grant_type":"client_credentials"}',
        { 'content-type': 'application/json' },
        415,
      ],
    ])('refuses and records: %s (%s)', async (rule, form, headers, status) => {
      const answer = await authorize(sandbox.flinksPay.customer, form, headers);
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(rules()).toEqual([rule]);
      expect(sandbox.flinksPay.tokenCalls[0]).toMatchObject({ outcome: 'refused', error: rule });
    });

    it('takes the credential in one place: the one it is set to', async () => {
      const { customer, settings } = sandbox.flinksPay;
      const pair = Buffer.from(`${customer.username}:${customer.password}`).toString('base64');
      const authorization = `Basic ${pair}`;
      const byBasic = () => authorize(customer, 'grant_type=client_credentials', { authorization });
      expect((await byBasic()).status).toBe(401);
      settings.clientAuthentication = 'basic';
      expect((await byBasic()).status).toBe(200);
      expect((await authorize()).status).toBe(401);
      settings.clientAuthentication = 'either';
      expect((await byBasic()).status).toBe(200);
      expect((await authorize()).status).toBe(200);
      expect((await authorize(customer, undefined, { authorization })).status).toBe(400);
      expect(rules()).toEqual([
        'client_authentication_method',
        'client_authentication_method',
        'two_credentials',
      ]);
    });

    it('refuses a wrong password, and the old one once it was replaced', async () => {
      const { customer } = sandbox.flinksPay;
      const old = customer.password;
      expect(sandbox.flinksPay.replacePassword()).not.toBe(old);
      const form = { grant_type: 'client_credentials', Username: customer.username, Password: old };
      expect((await authorize(customer, form)).status).toBe(401);
      expect((await authorize()).status).toBe(200);
      expect(rules()).toEqual([]);
      expect(sandbox.flinksPay.secretsSeen()).toEqual(expect.arrayContaining([old]));
    });
  });

  describe('v1', () => {
    it('walks from start to payment status with one token', async () => {
      const bearer = await token();
      const started = await start(bearer);
      expect(started.status).toBe(200);
      expect(Object.keys(started.body)).toEqual(['sessionId', 'referenceId']);
      const { sessionId } = started.body;
      const requested = await api('POST', '/api/v1/paymentrequests', bearer, { sessionId });
      const { requestId = '' } = requested.body;
      sandbox.flinksPay.setPaymentStatus(requestId, 'Settled');
      const read = await api('GET', `/api/v1/paymentrequests/${requestId}`, bearer);
      expect(read.body).toMatchObject({ id: requestId, status: 'Settled' });
      expect(sandbox.flinksPay.sessions).toEqual([
        expect.objectContaining({
          amount: '10.50',
          referenceId: 'order-1',
          requestId,
          token_fingerprint: fingerprint(bearer),
        }),
      ]);
      expect(rules()).toEqual([]);
    });

    it('a token starts one session and goes on to serve the other calls', async () => {
      const bearer = await token();
      const { sessionId } = (await start(bearer)).body;
      expect((await start(bearer)).status).toBe(401);
      expect((await api('POST', '/api/v2/sessions', bearer, V2_START)).status).toBe(401);
      expect(rules()).toEqual(['token_reused', 'token_reused']);
      expect(sandbox.flinksPay.sessions).toHaveLength(1);
      expect((await api('POST', '/api/v1/paymentrequests', bearer, { sessionId })).status).toBe(
        200,
      );
    });

    it('a second payment request gets the first one’s id, or is refused', async () => {
      const bearer = await token();
      const { sessionId } = (await start(bearer)).body;
      const request = () => api('POST', '/api/v1/paymentrequests', bearer, { sessionId });
      const first = await request();
      expect((await request()).body).toEqual(first.body);
      sandbox.flinksPay.settings.secondPaymentRequest = 'refuse';
      expect((await request()).status).toBe(400);
    });

    it.each([
      ['amount', { amount: 0 }],
      ['amount', { amount: 100_000 }],
      ['amount', { amount: 1.005 }],
      ['customerName', { customerName: 'x'.repeat(101) }],
      ['customerEmail', { customerEmail: 'nobody' }],
      ['referenceId', { referenceId: undefined }],
      ['clientUrls', { clientUrls: 'https://acme.example' }],
    ])('refuses a wrong %s and leaves the token unspent', async (field, change) => {
      const bearer = await token();
      const { status, body } = await start(bearer, { ...START, ...change });
      expect(status).toBe(400);
      expect(Object.keys(body['errors'] ?? {})).toEqual([field]);
      expect(rules()).toEqual(['invalid_field']);
      expect((await start(bearer)).status).toBe(200);
    });

    it.each([
      ['amount_not_a_number', { amount: '10.50' }],
      ['wrong_casing', { customername: 'Ada' }],
      ['unknown_field', { clientURIs: {} }],
    ])('records %s', async (rule, change) => {
      expect((await start(await token(), { ...START, ...change })).status).toBe(400);
      expect(rules()).toEqual([rule]);
    });

    it('refuses what is no JSON, and a token that is missing, unknown or expired', async () => {
      const bearer = await token();
      expect((await start(bearer, '[1]')).status).toBe(400);
      const form = { 'content-type': 'application/x-www-form-urlencoded' };
      const path = '/api/v1/sessions/initiate';
      expect((await api('POST', path, bearer, START, form)).status).toBe(415);
      expect((await start(undefined)).status).toBe(401);
      expect((await start('nobody')).status).toBe(401);
      sandbox.flinksPay.expireAccessTokens();
      expect((await start(bearer)).status).toBe(401);
      expect((await api('POST', `${path}?access_token=x`, bearer, START)).status).toBe(400);
      expect((await api('POST', path, bearer, START, { 'x-api-key': 'k' })).status).toBe(400);
      expect(rules()).toEqual([
        'not_json',
        'wrong_content_type',
        'token_in_query',
        'two_credentials',
      ]);
    });
  });

  describe('v2', () => {
    const create = async (body: unknown = V2_START) =>
      api('POST', '/api/v2/sessions', await token(), body);

    it('creates, tells, and cancels a session', async () => {
      const created = await create();
      expect(created.status).toBe(201);
      expect(created.body).toMatchObject({ referenceId: 'order-2' });
      const base = `/api/v2/sessions/${created.body['sessionId']}`;
      const bearer = await token();
      expect((await api('GET', `${base}/status`, bearer)).body['status']).toBe('Initiated');
      expect((await api('GET', `${base}/details`, bearer)).body).toMatchObject({
        amount: 99999.99,
        type: 'e-Transfer',
        payor: V2_START.payor,
      });
      expect((await api('POST', `${base}/cancel`, bearer)).body['status']).toBe('Cancelled');
      expect((await api('POST', `${base}/cancel`, bearer)).status).toBe(400);
      expect((await api('GET', `${base}/status`, undefined)).status).toBe(401);
      sandbox.flinksPay.settings.statusNeedsToken = false;
      expect((await api('GET', `${base}/status`, undefined)).status).toBe(200);
      sandbox.flinksPay.settings.cancelReleased = false;
      expect((await api('POST', `${base}/cancel`, bearer)).status).toBe(404);
      expect(rules()).toEqual([]);
    });

    it('can be set to let a token start several', async () => {
      sandbox.flinksPay.settings.singleUse = 'v1';
      const bearer = await token();
      for (let round = 0; round < 2; round += 1) {
        expect((await api('POST', '/api/v2/sessions', bearer, V2_START)).status).toBe(201);
      }
    });

    it('EFT wants its guarantee said, no payee, and the feature', async () => {
      const eft = { ...V2_START, type: 'EFT', options: { guarantee: { enable: false } } };
      expect((await create(eft)).status).toBe(201);
      const payee = {
        account: { institutionCode: '001', transitNumber: '00002', accountNumber: '1234567' },
      };
      expect((await create({ ...V2_START, payee })).status).toBe(201);
      expect((await create({ ...eft, payee })).status).toBe(400);
      expect((await create({ ...eft, options: {} })).status).toBe(400);
      sandbox.flinksPay.settings.regularEft = false;
      expect((await create(eft)).status).toBe(403);
    });

    it.each([
      ['type', { type: 'etransfer' }],
      ['direction', { direction: 'CREDIT' }],
      ['currency', { currency: 'USD' }],
      ['payor', { payor: undefined }],
      ['payor.lastName', { payor: { firstName: 'A', email: 'a@b' } }],
      ['payee.account.institutionCode', { payee: { account: { institutionCode: '1' } } }],
    ])('refuses a wrong %s', async (field, change) => {
      const { status, body } = await create({ ...V2_START, ...change });
      expect(status).toBe(400);
      expect(Object.keys(body['errors'] ?? {})).toEqual([field]);
    });
  });

  it('customers have a base URL, a credential, tokens and sessions of their own', async () => {
    const birch = sandbox.flinksPay.addCustomer({ name: 'birch' });
    expect(birch.url).toBe(`${sandbox.flinksPay.url}/birch`);
    const form = {
      grant_type: 'client_credentials',
      Username: birch.username,
      Password: birch.password,
    };
    expect((await authorize(sandbox.flinksPay.customer, form)).status).toBe(401);
    expect((await authorize(birch)).status).toBe(200);
    expect((await start(await token(birch))).status).toBe(401);
    expect(rules()).toEqual(['token_of_another_customer']);
    const bearer = await token();
    const { sessionId } = (await start(bearer)).body;
    const path = `${birch.url}/api/v1/paymentrequests`;
    const foreign = await send(path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await token(birch)}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ sessionId }),
    });
    expect(foreign.status).toBe(404);
    expect(() => sandbox.flinksPay.addCustomer({ name: 'app' })).toThrow('customers.name');
    expect((await send(`${sandbox.flinksPay.url}/nobody/api/v1/authorize`)).status).toBe(404);
  });

  describe('the hosted page', () => {
    const decide = (sessionId: string, decision: string, headers: Record<string, string> = {}) =>
      send(`${sandbox.flinksPay.url}/app/?sessionId=${sessionId}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: `decision=${decision}`,
      });

    it('completes a session only once it has a payment request', async () => {
      const bearer = await token();
      const { sessionId = '' } = (await start(bearer)).body;
      const url = `${sandbox.flinksPay.url}/app/?sessionId=${sessionId}`;
      const early = await send(url);
      expect([early.status, early.text.includes('<button')]).toEqual([409, false]);
      expect((await decide(sessionId, 'approve')).status).toBe(409);
      expect(rules()).toEqual(['opened_before_payment_request', 'opened_before_payment_request']);

      await api('POST', '/api/v1/paymentrequests', bearer, { sessionId });
      const page = await send(url);
      expect(page.text).toContain('Pay 10.50 CAD');
      expect(page.text).toContain('Approve');
      const evil = { origin: 'https://evil.example' };
      expect((await decide(sessionId, 'approve', evil)).status).toBe(403);
      const done = await decide(sessionId, 'approve');
      expect(done.headers.get('location')).toBe(`?sessionId=${sessionId}`);
      expect(sandbox.flinksPay.sessions[0]?.status).toBe('Accepted');
      expect((await decide(sessionId, 'decline')).status).toBe(409);
    });

    it('declines, and knows no other sessions', async () => {
      const created = await api('POST', '/api/v2/sessions', await token(), V2_START);
      await decide(created.body['sessionId'] as string, 'decline');
      expect(sandbox.flinksPay.sessions[0]?.status).toBe('Failed');
      expect((await decide('nobody', 'approve')).status).toBe(404);
    });
  });

  it('faults, control routes and the home page reach it', async () => {
    sandbox.faults.add({
      on: 'api.sessions',
      fault: { kind: 'error', error: 'Oops', status: 400 },
    });
    const refused = await start(await token());
    expect(refused.body).toMatchObject({ title: 'Oops', status: 400 });
    sandbox.faults.add({ on: 'token', provider: 'flinks-pay', fault: { kind: 'rate_limit' } });
    expect((await authorize()).status).toBe(429);
    sandbox.faults.add({ on: 'api.sessions', fault: { kind: 'drop_after_commit' } });
    await expect(start(await token())).rejects.toThrow();
    expect(sandbox.flinksPay.sessions).toHaveLength(1);

    const control = (route: string, body: unknown) =>
      send(`${sandbox.url}/__sandbox/flinks-pay/${route}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    expect((await control('settings', { accessTokenSeconds: 599 })).status).toBe(200);
    expect((await control('settings', { accessTokenSeconds: 'x' })).status).toBe(400);
    expect((await control('customers', { name: 'oak' })).body).toMatchObject({ name: 'oak' });
    expect((await control('replace-password', { customer: 'oak' })).status).toBe(200);
    expect((await control('expire-access-tokens', {})).status).toBe(200);
    expect((await control('payment-status', { requestId: 'x', status: 'y' })).status).toBe(400);
    const { sessionId } = sandbox.flinksPay.sessions[0] ?? {};
    expect((await control('session-status', { sessionId, status: 'Expired' })).status).toBe(200);
    const home = await send(sandbox.url);
    expect(home.text).toContain('<h2>FlinksPay</h2>');
    const listed = await send(`${sandbox.url}/__sandbox/flinks-pay/sessions`);
    expect(listed.text).toContain('"status":"Expired"');
    expect(home.text).not.toContain(sandbox.flinksPay.customer.password);
  });

  it('puts the prefix into every secret it makes', async () => {
    await sandbox.stop();
    sandbox = await Sandbox.start({
      flinksPay: { tokenPrefix: 'canary-', customers: [{ name: 'oak' }] },
    });
    await token();
    const secrets = sandbox.flinksPay.secretsSeen();
    expect(secrets).toHaveLength(3);
    expect(secrets.every((secret) => secret.startsWith('canary-'))).toBe(true);
  });
});
