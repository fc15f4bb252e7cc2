import { Sandbox } from '../sandbox.js';
import { codeOf, FlintClient, REDIRECT_URI } from '../testing/flint-client.js';

describe('the authorize routes', () => {
  let sandbox: Sandbox;
  let client: FlintClient;
  const get = (url: string) => fetch(url, { redirect: 'manual' });
  const decide = (
    url: string,
    form: Record<string, string>,
    headers: Record<string, string> = {},
  ) => fetch(url, { method: 'POST', redirect: 'manual', headers, body: new URLSearchParams(form) });
  const callbackOf = (response: Response) =>
    Object.fromEntries(new URL(response.headers.get('location') ?? '').searchParams);

  beforeAll(async () => {
    sandbox = await Sandbox.start();
    client = new FlintClient(sandbox);
  });
  beforeEach(() => sandbox.reset());
  afterAll(() => sandbox.stop());

  it('shows a consent page with what is asked for', async () => {
    const response = await get(client.authorizeUrl({ permission_ids: 'read_customers' }));
    const page = await response.text();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page).toMatch(/value="manage_orders" checked disabled/);
    expect(page).toMatch(/value="read_customers" checked>/);
    expect(page).not.toContain('manage_payments');
    expect(page).toContain('Acorn Coffee');
    expect(sandbox.flint.violations).toEqual([]);
  });

  it('bars merchants who are not onboarded from live', async () => {
    const url = client.authorizeUrl({ mode: 'live' });
    expect(await (await get(url)).text()).toMatch(/value="mer_cedar" disabled/);
    const forced = await decide(url, { decision: 'approve', merchant_id: 'mer_cedar' });
    expect(callbackOf(forced)).toMatchObject({ error: 'access_denied', state: 'state-1' });
    expect(() => sandbox.flint.approve(url, { merchant_id: 'mer_cedar' })).toThrow('onboarding');
    expect(sandbox.flint.approve(client.authorizeUrl(), { merchant_id: 'mer_cedar' })).toContain(
      'code=',
    );
  });

  it('sends an approval back with code, state and mode', async () => {
    const url = client.authorizeUrl({ permission_ids: 'read_customers,manage_payments' });
    const form = {
      decision: 'approve',
      merchant_id: 'mer_birch',
      permission_ids: 'read_customers',
    };
    const response = await decide(url, form, { origin: sandbox.url });
    expect(response.status).toBe(302);
    const callback = callbackOf(response);
    expect(Object.keys(callback)).toEqual(['code', 'state', 'mode']);
    const { body } = await client.exchange(callback['code'] ?? '');
    expect(body.merchant_id).toBe('mer_birch');
    expect(body.scope).toBe('commerce.orders.read commerce.orders.write customers.customers.read');
  });

  it('sends a refusal back', async () => {
    const denied = {
      error: 'access_denied',
      error_description: 'merchant denied install',
      state: 'state-1',
    };
    expect(callbackOf(await decide(client.authorizeUrl(), { decision: 'deny' }))).toEqual(denied);
    const url = sandbox.flint.approve(client.authorizeUrl(), { deny: true });
    expect(Object.fromEntries(new URL(url).searchParams)).toEqual(denied);
  });

  it('takes no decision from a page of another origin', async () => {
    const response = await decide(
      client.authorizeUrl(),
      { decision: 'approve', merchant_id: 'mer_acorn' },
      { origin: 'http://evil.example' },
    );
    expect(response.status).toBe(403);
  });

  it.each([
    ['client_id', { client_id: 'fpc_nobody' }],
    ['client_id', { client_id: undefined }],
    ['redirect_uri', { redirect_uri: undefined }],
    ['redirect_uri', { redirect_uri: `${REDIRECT_URI}/` }],
    ['redirect_uri', { redirect_uri: 'https://evil.example/callback' }],
  ])('never redirects when %s is wrong', async (param, parameters) => {
    const url = client.authorizeUrl(parameters);
    const target = new URL(url);
    if (Object.values(parameters)[0] === undefined) target.searchParams.delete(param);
    const response = await get(target.href);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { type: 'validation_error', code: 'INVALID_REQUEST', param },
    });
    expect(() => sandbox.flint.approve(target.href)).toThrow('refused');
  });

  it.each([
    ['unsupported_response_type', 'response_type', 'token'],
    ['invalid_request', 'mode', 'sandbox'],
    ['invalid_request', 'mode', undefined],
    ['invalid_request', 'permission_ids', 'no_such_permission'],
  ])('redirects with %s when %s is wrong', async (error, name, value) => {
    const target = new URL(client.authorizeUrl());
    if (value === undefined) target.searchParams.delete(name);
    else target.searchParams.set(name, value);
    const callback = callbackOf(await get(target.href));
    expect(Object.keys(callback)).toEqual(['error', 'error_description', 'state']);
    expect(callback).toMatchObject({ error, state: 'state-1' });
    expect(sandbox.flint.violations).toHaveLength(1);
  });

  it('redirects without a state when it was missing, and on repeated parameters', async () => {
    const target = new URL(client.authorizeUrl());
    target.searchParams.delete('state');
    expect(Object.keys(callbackOf(await get(target.href)))).toEqual(['error', 'error_description']);
    const twice = `${client.authorizeUrl()}&mode=live`;
    expect(callbackOf(await get(twice))).toMatchObject({ error: 'invalid_request' });
    const rules = sandbox.flint.violations.map(({ rule }) => rule);
    expect(rules).toEqual(['missing_field', 'duplicate_parameter']);
  });

  it('takes the default permissions and the default environment when none are named', async () => {
    const { scope } = await client.install();
    expect(scope).toBe('commerce.orders.read commerce.orders.write');
    await client.install({ environment_id: 'test_birch_2' }, { merchant_id: 'mer_birch' });
    await client.install({}, { merchant_id: 'mer_birch' });
    const birch = sandbox.flint.installs.find(({ merchant_id }) => merchant_id === 'mer_birch');
    const environments = birch?.environment_grants.map(({ environment_id }) => environment_id);
    expect(environments).toEqual(expect.arrayContaining(['test_birch_2', 'test_birch']));
    const foreign = client.authorizeUrl({ environment_id: 'test_birch_2' });
    expect(() => sandbox.flint.approve(foreign, { merchant_id: 'mer_acorn' })).toThrow(
      'does not have',
    );
  });

  it('keeps the query a redirect URI has', async () => {
    const uri = 'http://localhost:3000/callback?app=eu';
    sandbox.flint.addRedirectUri(uri);
    const url = client.authorizeUrl({ redirect_uri: uri });
    const callback = sandbox.flint.approve(url);
    expect(callback.startsWith(`${uri}&code=`)).toBe(true);
    expect((await client.exchange(codeOf(callback), uri)).status).toBe(200);
    expect(() => sandbox.flint.addRedirectUri('/relative')).toThrow('redirect_uri');
  });

  it('approves only its own authorize URL', () => {
    expect(() => sandbox.flint.approve('https://api.withflintpay.com/v1/oauth/authorize')).toThrow(
      'not the authorize URL',
    );
  });

  it('escapes what it shows', async () => {
    const app = sandbox.flint.registerApp({
      name: '<script>alert(1)</script>',
      redirect_uris: ['http://localhost/"><b>'],
      permission_manifest: [
        { permission_id: '"x', title: '<i>', description: '&', required_scopes: [] },
      ],
    });
    const other = new FlintClient(sandbox, app);
    const page = await (
      await get(other.authorizeUrl({ redirect_uri: 'http://localhost/"><b>', state: '"><u>' }))
    ).text();
    expect(page).toContain('&lt;script&gt;');
    for (const raw of ['<script', '<b>', '<i>', '<u>', '"x"']) expect(page).not.toContain(raw);
  });

  describe('preview', () => {
    const preview = async (parameters: Record<string, string | undefined>) => {
      const url = client.authorizeUrl(parameters).replace('/authorize?', '/authorize/preview?');
      const response = await get(url);
      return { status: response.status, body: await response.json() };
    };

    it('tells the app and the permissions that will be asked for', async () => {
      const { status, body } = await preview({ permission_ids: 'read_customers' });
      expect(status).toBe(200);
      expect(body).toEqual({
        data: {
          partner_app_id: 'papp_sandbox',
          client_id: 'fpc_sandbox',
          name: 'Nest Flock sandbox',
          app_type: 'server',
          mode: 'test',
          redirect_uri: REDIRECT_URI,
          requested_permission_ids: ['manage_orders', 'read_customers'],
          requested_permissions: [
            {
              permission_id: 'manage_orders',
              title: 'Manage orders',
              description: 'Read and update your orders.',
            },
            {
              permission_id: 'read_customers',
              title: 'Read customers',
              description: 'Read your customer records.',
              optional: true,
            },
          ],
        },
        request_id: expect.any(String) as string,
      });
    });

    it.each([
      [404, 'PARTNER_APP_NOT_FOUND', { client_id: 'fpc_nobody' }],
      [400, 'INVALID_REQUEST', { redirect_uri: 'http://localhost:3000/' }],
      [400, 'INVALID_REQUEST', { mode: 'both' }],
      [400, 'INVALID_REQUEST', { permission_ids: 'x' }],
      [400, 'INVALID_REQUEST', { response_type: 'token' }],
    ])('answers %i %s', async (status, code, parameters) => {
      const answer = await preview(parameters);
      expect(answer).toMatchObject({ status, body: { error: { code } } });
    });
  });
});
