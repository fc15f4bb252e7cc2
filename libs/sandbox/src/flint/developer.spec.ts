import { Sandbox } from '../sandbox.js';
import { FlintClient } from '../testing/flint-client.js';
import { WebhookReceiver } from '../testing/webhook-receiver.js';

const APPS = '/v1/developer/partner/apps';
const MINE = `${APPS}/papp_sandbox`;
const MANIFEST = [
  {
    permission_id: 'p1',
    title: 'Orders',
    description: 'Read them.',
    required_scopes: ['commerce.orders.read'],
  },
];
const NEW_APP = {
  name: 'Acme OMS',
  app_type: 'server',
  visibility: 'private',
  redirect_uris: ['https://acme.example.com/cb', 'http://localhost:3000/cb'],
  permission_manifest: MANIFEST,
  default_requested_permissions: ['p1'],
};

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly data: never;
    readonly next_page_token?: string;
    readonly error?: { code: string; param?: string; missing_scopes?: string[] };
  };
}

describe('the developer routes of Flint', () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await Sandbox.start({ providers: ['flint'] });
  });
  afterEach(() => sandbox.stop());

  async function call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = { authorization: `Bearer ${sandbox.flint.apiKey}` },
  ): Promise<Answered> {
    const response = await fetch(sandbox.flint.url + path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Answered['body'];
    return { status: response.status, headers: response.headers, body: answer };
  }
  const codeOf = ({ status, body }: Answered) => [status, body.error?.code];

  it('P90: are open to an API key and a developer session, to nobody else', async () => {
    const { flint } = sandbox;
    const get = (headers: Record<string, string>) => call('GET', APPS, undefined, headers);
    expect((await get({ 'x-api-key': flint.apiKey })).status).toBe(200);
    const session = { authorization: `Bearer ${flint.developerSessionToken}` };
    expect((await get(session)).status).toBe(200);
    expect(codeOf(await get({}))).toEqual([401, 'AUTH_REQUIRED']);
    expect(codeOf(await get({ authorization: 'Bearer no' }))).toEqual([401, 'INVALID_API_KEY']);
    const both = await get({ 'x-api-key': flint.apiKey, ...session });
    expect(codeOf(both)).toEqual([400, 'AMBIGUOUS_AUTH']);
    const install = { authorization: `Bearer ${flint.issue().access_token}` };
    expect(codeOf(await get(install))).toEqual([403, 'PARTNER_AUTH_UNSUPPORTED']);
    const key = flint.addApiKey({ scopes: ['developer.partner_apps.read'] });
    expect((await get({ 'x-api-key': key })).status).toBe(200);
    const poor = await call('POST', APPS, NEW_APP, { 'x-api-key': key });
    expect(codeOf(poor)).toEqual([403, 'INSUFFICIENT_SCOPE']);
    expect(poor.body.error?.missing_scopes).toContain('accounts.merchants.write');
  });

  it('create an app that can be installed, with its secret once', async () => {
    const created = await call('POST', APPS, NEW_APP);
    expect(created.status).toBe(201);
    const app = created.body.data as Record<string, string>;
    expect(app['client_secret']).toMatch(/^fps_/);
    expect(app).toMatchObject({ ...NEW_APP, status: 'active' });
    const shown = await call('GET', `${APPS}/${app['partner_app_id']}`);
    expect(shown.body.data).not.toHaveProperty('client_secret');
    const registered = sandbox.flint.world.directory.app(app['client_id'] ?? '');
    if (!registered) throw new Error('not registered');
    const client = new FlintClient(sandbox, registered);
    const url = client.authorizeUrl({ redirect_uri: 'http://localhost:3000/cb' });
    expect(sandbox.flint.approve(url)).toContain('code=');

    const path = `${APPS}/${app['partner_app_id']}`;
    const renamed = await call('PATCH', path, {
      name: 'New',
      redirect_uris: ['https://a.example/'],
    });
    expect(renamed.body.data).toMatchObject({ name: 'New', redirect_uris: ['https://a.example/'] });
    expect(() => sandbox.flint.approve(url)).toThrow('redirect_uri');
    const rotated = await call('POST', `${path}/rotate-secret`);
    const { client_secret } = rotated.body.data as { client_secret: string };
    expect(client_secret).not.toBe(app['client_secret']);
    expect(registered.client_secret).toBe(client_secret);
    expect(codeOf(await call('GET', `${APPS}/none`))).toEqual([404, 'PARTNER_APP_NOT_FOUND']);
  });

  it.each([
    ['name', { name: undefined }],
    ['redirect_uris', { redirect_uris: [] }],
    ['redirect_uris[0]', { redirect_uris: ['http://acme.example/cb'] }],
    ['permission_manifest', { permission_manifest: undefined }],
    ['permission_manifest[0].title', { permission_manifest: [{ ...MANIFEST[0], title: 1 }] }],
    ['permission_manifest[1].permission_id', { permission_manifest: [MANIFEST[0], MANIFEST[0]] }],
    ['default_requested_permissions[0]', { default_requested_permissions: ['p2'] }],
    ['app_type', { app_type: 'other' }],
    ['nam', { nam: 'x' }],
  ])('name a wrong %s', async (param, changes) => {
    const answer = await call('POST', APPS, { ...NEW_APP, ...changes });
    expect(answer.body.error).toMatchObject({ code: 'INVALID_REQUEST', param });
  });

  it('P90: honour an Idempotency-Key', async () => {
    const headers = { 'x-api-key': sandbox.flint.apiKey, 'idempotency-key': 'k1' };
    const first = await call('POST', APPS, NEW_APP, headers);
    const again = await call('POST', APPS, NEW_APP, headers);
    expect(again.body.data).toEqual(first.body.data);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const other = await call('POST', APPS, { ...NEW_APP, name: 'Other' }, headers);
    expect(codeOf(other)).toEqual([409, 'IDEMPOTENCY_KEY_REUSED']);
    expect((await call('GET', APPS)).body.data).toHaveLength(2);
  });

  it('page through installs, whole, halved or not at all', async () => {
    sandbox.flint.issue({ count: 23 });
    const first = await call('GET', `${MINE}/installs`);
    expect(first.body.data).toHaveLength(20);
    const token = first.body.next_page_token ?? '';
    const second = await call('GET', `${MINE}/installs?page_token=${token}`);
    expect(second.body.data).toHaveLength(3);
    expect(second.body).not.toHaveProperty('next_page_token');
    const wrong = await call('GET', `${MINE}/installs?page_size=101`);
    expect(codeOf(wrong)).toEqual([400, 'INVALID_PAGE_SIZE']);
    sandbox.flint.settings.installsList = 'half';
    expect((await call('GET', `${MINE}/installs`)).body.data).toHaveLength(11);
    sandbox.flint.settings.installsList = 'empty';
    expect((await call('GET', `${MINE}/installs`)).body.data).toEqual([]);
    sandbox.faults.add({ on: 'developer.installs', fault: { kind: 'status', status: 500 } });
    sandbox.faults.add({
      on: 'developer',
      fault: { kind: 'error', error: 'INVALID_API_KEY', status: 401 },
    });
    const broken = await fetch(`${sandbox.flint.url}${MINE}/installs`);
    expect(broken.status).toBe(500);
    expect(codeOf(await call('GET', `${MINE}/installs`))).toEqual([401, 'INVALID_API_KEY']);
  });

  it('revoke a grant and an install, and answer the same again', async () => {
    const { partner_app_install_id: id, environment_grant_id: grant } = sandbox.flint.issue();
    const path = `${MINE}/installs/${id}`;
    expect((await call('GET', path)).body.data).toMatchObject({ status: 'active' });
    const revoked = await call('POST', `${path}/environment-grants/${grant}/revoke`);
    expect(revoked.status).toBe(200);
    expect(revoked.body.data).toMatchObject({ environment_grants: [{ status: 'revoked' }] });
    const ended = await call('POST', `${path}/revoke`);
    expect(ended.body.data).toMatchObject({ status: 'revoked' });
    expect((await call('POST', `${path}/revoke`)).body.data).toEqual(ended.body.data);
    const none = await call('GET', `${MINE}/installs/none`);
    expect(codeOf(none)).toEqual([404, 'PARTNER_APP_INSTALL_NOT_FOUND']);
    expect((await call('POST', `${path}/environment-grants/none/revoke`)).status).toBe(404);
  });

  it('take one webhook endpoint for an app', async () => {
    const { flint } = sandbox;
    const wanted = { url: 'https://acme.example/h', source_type: 'installed_merchants' };
    const wrong = await call('POST', `${MINE}/webhook`, wanted);
    expect(wrong.body.error).toMatchObject({ param: 'event_types' });
    const events = { ...wanted, event_types: ['order.payment_succeeded'] };
    const modeless = await call('POST', `${MINE}/webhook`, events);
    expect(modeless.body.error).toMatchObject({ param: 'mode' });
    const made = await call('POST', `${MINE}/webhook`, { ...events, mode: 'both', enabled: true });
    expect(made.status).toBe(201);
    const [endpoint] = flint.webhookEndpoints;
    expect(made.body.data).toMatchObject({ secret: endpoint?.secret, mode: 'both' });
    const second = await call('POST', `${MINE}/webhook`, { ...wanted, source_type: 'app' });
    expect(codeOf(second)).toEqual([409, 'RESOURCE_LIMIT_EXCEEDED']);
    expect((await call('GET', `${MINE}/webhook`)).body.data).not.toHaveProperty('secret');
    expect((await call('DELETE', `${MINE}/webhook`)).status).toBe(200);
    expect((await call('GET', `${MINE}/webhook`)).status).toBe(404);
    flint.settings.webhookSecretInAnswer = false;
    const mute = await call('POST', `${MINE}/webhook`, { ...wanted, source_type: 'app' });
    expect(mute.body.data).not.toHaveProperty('secret');
  });

  it('manage endpoints as the newer contract does', async () => {
    const receiver = await WebhookReceiver.start();
    const all = '/v1/webhook-endpoints';
    const wanted = {
      url: receiver.url,
      event_sources: ['partner_app'],
      partner_app_id: 'papp_sandbox',
      enabled_events: [],
    };
    const made = await call('POST', all, wanted);
    const { webhook_endpoint_id: id, secret } = made.body.data as Record<string, string>;
    expect(secret).toMatch(/^whsec_/);
    const merchants = { event_sources: ['installed_merchants'], enabled_events: ['order.paid'] };
    expect((await call('POST', all, { ...wanted, ...merchants })).status).toBe(201);
    const listed = await call('GET', `${all}?event_sources=installed_merchants`);
    expect(listed.body.data).toHaveLength(1);
    const wrong = await call('POST', all, { ...wanted, event_sources: ['merchant'] });
    expect(wrong.body.error).toMatchObject({ param: 'event_sources' });
    const rotated = await call('POST', `${all}/${id}/rotate-secret`);
    expect((rotated.body.data as { secret: string }).secret).not.toBe(secret);
    const tried = await call('POST', `${all}/${id}/test-events`, {
      event_type: 'partner_app.install.created',
    });
    expect(tried.body.data).toMatchObject({ delivery_trigger: 'test_event' });
    const [received] = await receiver.count(1);
    const { webhook_event_id } = tried.body.data as { webhook_event_id: string };
    expect(received?.headers['webhook-id']).toBe(webhook_event_id);
    const changed = await call('PATCH', `${all}/${id}`, { enabled: false });
    expect(changed.body.data).toMatchObject({ enabled: false, enabled_events: [] });
    const off = await call('POST', `${all}/${id}/test-events`, { event_type: 'a.b' });
    expect(codeOf(off)).toEqual([409, 'WEBHOOK_ENDPOINT_NOT_ACTIVE']);
    expect((await call('DELETE', `${all}/${id}`)).status).toBe(200);
    expect((await call('GET', `${all}/${id}`)).status).toBe(404);
    await receiver.stop();
  });

  it('shift the Date of token answers with the clock', async () => {
    sandbox.flint.settings.clockOffsetSeconds = -600;
    const { headers } = await new FlintClient(sandbox).refresh(sandbox.flint.issue().refresh_token);
    const behind = Date.now() - Date.parse(headers.get('date') ?? '');
    expect(Math.round(behind / 1000 / 10)).toBe(60);
  });
});
