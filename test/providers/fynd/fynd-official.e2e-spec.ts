import { Sandbox } from '@nest-flock/sandbox';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { startCluster } from './official/cluster.js';
import type { Cluster } from './official/cluster.js';
import { startOfficialExtension } from './official/official-extension.js';
import type { OfficialExtension, Stored } from './official/official-extension.js';
import { Browser } from '../../support/browser.js';
import { until } from '../../support/poll.js';

const load = createRequire(join(process.cwd(), 'package.json'));
const { sign } = load('@gofynd/fp-signature') as {
  sign(this: void, request: object, options?: object): Record<string, string>;
};

interface Channels {
  readonly items: readonly { readonly company_id: number }[];
}
type Outcome = readonly { readonly items?: number; readonly error?: string }[];

/** What the official library does, word for word, is what the emulated Fynd must take. */
describe('@gofynd/fdk-extension-javascript 1.1.4, unchanged, with the emulated Fynd', () => {
  let sandbox: Sandbox;
  let cluster: Cluster;
  let extension: OfficialExtension;

  beforeEach(async () => {
    sandbox = await Sandbox.start({ providers: ['fynd'] });
    cluster = await startCluster(sandbox.fynd.url);
    const { client_id, client_secret, scopes } = sandbox.fynd.extension;
    extension = await startOfficialExtension({
      apiKey: client_id,
      apiSecret: client_secret,
      cluster: cluster.url,
      scopes,
      register: (url) => sandbox.fynd.setExtensionUrl(url),
    });
  });
  afterEach(async () => {
    await extension.stop();
    await cluster.close();
    await sandbox.stop();
  });

  const rules = () => sandbox.fynd.violations.map(({ rule }) => rule);
  const key = () => sandbox.fynd.extension.client_id;
  const basic = () =>
    `Basic ${Buffer.from(`${key()}:${sandbox.fynd.extension.client_secret}`).toString('base64')}`;
  const OAUTH = '/service/panel/authentication/v1.0/company/1/oauth';
  const callsTo = (end: string) => cluster.calls.filter(({ path }) => path.endsWith(end));
  const refreshes = () => callsTo('/oauth/token').filter(({ body }) => /refresh_token=/.test(body));
  const stored = async () => (await extension.json<Stored[]>('/stored')).body;
  /** The newest entry of the company's offline session. */
  const offlineSession = async () => {
    const id = createHash('sha256').update(`${cluster.url}:1`).digest('hex');
    return (await stored()).findLast(({ key: one }) => one === id);
  };
  const background = async (query = '') =>
    (await extension.json<Outcome>(`/background/1${query}`)).body;

  const install = (browser: Browser) =>
    browser.open(
      `/fp/install?company_id=1&client_id=${key()}&cluster_url=${encodeURIComponent(cluster.url)}`,
    );
  async function launch(browser = new Browser(extension.url), user?: string) {
    const { location = '', cookies } = await install(browser);
    const callback = sandbox.fynd.approve(location, user === undefined ? {} : { user });
    return { browser, authorize: new URL(location), cookies, page: await browser.open(callback) };
  }
  const channels = async (browser: Browser) => {
    const { status, text } = await browser.open('/api/channels?company_id=1');
    return { status, body: JSON.parse(text) as Channels & { message?: string } };
  };

  it('starts: it compares its configuration with what Fynd says of the extension', () => {
    expect(cluster.calls).toEqual([
      expect.objectContaining({
        method: 'GET',
        path: `/service/panel/partners/v1.0/extensions/details/${key()}`,
        headers: expect.objectContaining({
          authorization: basic(),
          'x-ext-lib-version': 'js/v1.1.4',
          'x-fp-sdk-version': '3.4.2',
        }) as object,
      }),
    ]);
  });

  it('refuses a cluster on localhost, which it takes for no URL', async () => {
    const { client_id, client_secret, scopes } = sandbox.fynd.extension;
    const refused = startOfficialExtension({
      apiKey: client_id,
      apiSecret: client_secret,
      cluster: cluster.url.replace('127.0.0.1', 'localhost'),
      scopes,
      register: () => undefined,
    });
    await expect(refused).rejects.toThrow('Invalid cluster value');
  });

  it('installs: the consent page, then one code at both token routes', async () => {
    const browser = new Browser(extension.url);
    const { location = '', cookies, status } = await install(browser);
    expect(status).toBe(302);
    const authorize = new URL(location);
    expect(authorize.origin + authorize.pathname).toBe(`${cluster.url}${OAUTH}/authorize`);
    expect(Object.fromEntries(authorize.searchParams)).toEqual({
      access_mode: 'online',
      client_id: key(),
      redirect_uri: `${extension.url}/fp/auth`,
      response_type: 'code',
      scope: sandbox.fynd.extension.scopes.join(','),
      state: expect.stringMatching(/^[\da-f-]{36}$/) as string,
      'x-fp-date': expect.stringMatching(/^\d{8}T\d{6}Z$/) as string,
      'x-fp-signature': expect.stringMatching(/^v1\.1:[\da-f]{64}$/) as string,
    });
    expect(cookies).toHaveLength(1);
    expect(cookies[0]).toMatch(/^ext_session_1=s%3A[^;]+; Path=\/;/);
    for (const attribute of ['HttpOnly', 'Secure', 'SameSite=None', 'Partitioned']) {
      expect(cookies[0]).toContain(attribute);
    }
    const consent = await browser.open(location);
    expect(consent.status).toBe(200);
    expect(consent.text).toContain('company/saleschannel');

    const callback = sandbox.fynd.approve(location);
    const code = new URL(callback).searchParams.get('code') ?? '';
    const page = await browser.open(callback);
    expect(page).toMatchObject({ status: 302, location: `${extension.url}/company/1` });

    const [online] = callsTo('/oauth/token');
    const [offline] = callsTo('/oauth/offline-token');
    expect(online?.path).toBe(`${OAUTH}/token`);
    expect(online?.headers).toMatchObject({
      authorization: basic(),
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(online?.body).toBe(`code=${code}&grant_type=authorization_code`);
    expect(offline?.path).toBe(`${OAUTH}/offline-token`);
    expect(offline?.headers).toMatchObject({
      authorization: basic(),
      'content-type': 'application/json',
    });
    expect(JSON.parse(offline?.body ?? '')).toEqual({
      client_id: key(),
      client_secret: sandbox.fynd.extension.client_secret,
      grant_type: 'authorization_code',
      scope: sandbox.fynd.extension.scopes,
      code,
    });
    expect(sandbox.fynd.tokenCalls).toMatchObject([
      { path: `${OAUTH}/token`, outcome: 'issued' },
      { path: `${OAUTH}/offline-token`, outcome: 'issued' },
    ]);
    expect(rules()).toEqual([]);
  });

  it('calls the Platform API with the user’s token, and with the company’s', async () => {
    const clerk = sandbox.fynd.companies[0]?.users[1]?._id;
    const { browser } = await launch(new Browser(extension.url), clerk);
    const mine = await channels(browser);
    expect(mine).toMatchObject({ status: 200, body: { items: [{ company_id: 1 }, {}] } });
    expect(await background()).toEqual([{ items: 2 }]);
    const [online, offline] = callsTo('/company/1/application');
    expect(online?.headers.authorization).toMatch(/^Bearer oa-/);
    expect(offline?.headers.authorization).toMatch(/^Bearer oa-/);
    expect(online?.headers.authorization).not.toBe(offline?.headers.authorization);
    expect(online?.headers).toMatchObject({ 'x-ext-lib-version': 'js/v1.1.4' });
    expect((await channels(new Browser(extension.url))).status).toBe(401);
    expect(rules()).toEqual([]);
  });

  it('stores sessions in the clear: the user’s with an end, the company’s without', async () => {
    await launch();
    const entries = await stored();
    expect(entries.map(({ ttl }) => ttl)).toEqual([900, 7199, undefined]);
    const [pending, online, offline] = entries;
    expect(pending?.key).toBe(online?.key);
    expect(online?.key).toMatch(/^[\da-f-]{36}$/);
    expect(pending?.value).toMatchObject({ access_token: null, access_mode: 'online' });
    expect(online?.value).toMatchObject({
      company_id: 1,
      access_token: expect.stringMatching(/^oa-/) as string,
      current_user: { _id: 'user_asha' },
      expires_in: 7199,
    });
    expect(online?.value).not.toHaveProperty('refresh_token');
    expect(offline).toEqual(await offlineSession());
    expect(offline?.value).toMatchObject({
      company_id: 1,
      access_mode: 'offline',
      refresh_token: expect.any(String) as string,
      expires_in: 3599,
      extension_id: key(),
    });
  });

  it('a later launch asks nobody, exchanges at both routes again and replaces the company’s token', async () => {
    const { browser } = await launch();
    const before = await offlineSession();
    const { location = '' } = await install(browser);
    const passed = await browser.open(location);
    expect(passed.status).toBe(302);
    expect((await browser.open(passed.location ?? '')).location).toBe(`${extension.url}/company/1`);
    expect([callsTo('/oauth/token'), callsTo('/oauth/offline-token')].map((c) => c.length)).toEqual(
      [2, 2],
    );
    const after = await offlineSession();
    expect(after?.value.access_token).not.toBe(before?.value.access_token);
    expect(rules()).toEqual([]);
  });

  it('renews the company’s token by a form at /oauth/token, two minutes ahead', async () => {
    sandbox.fynd.settings.offlineTokenSeconds = 100;
    await launch();
    const before = await offlineSession();
    sandbox.fynd.settings.offlineTokenSeconds = 3599;
    expect(await background()).toEqual([{ items: 2 }]);
    expect(refreshes()).toHaveLength(1);
    const [renewal] = refreshes();
    expect(renewal?.headers).toMatchObject({
      authorization: basic(),
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(Object.fromEntries(new URLSearchParams(renewal?.body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: before?.value.refresh_token,
    });
    const after = await offlineSession();
    expect(after?.value.refresh_token).not.toBe(before?.value.refresh_token);
    expect(callsTo('/application').at(-1)?.headers.authorization).toBe(
      `Bearer ${String(after?.value.access_token)}`,
    );
    expect(await background()).toEqual([{ items: 2 }]);
    expect(refreshes()).toHaveLength(1);
    expect(rules()).toEqual([]);

    await extension.json('/due/1', { method: 'POST' });
    expect(await background()).toEqual([{ items: 2 }]);
    expect(refreshes()).toHaveLength(2);
    expect(rules()).toEqual([]);
  });

  it('where the guide’s renewal alone is understood, its own is refused', async () => {
    sandbox.fynd.settings.renewal = 'guide';
    await launch();
    await extension.json('/due/1', { method: 'POST' });
    expect(await background()).toEqual([{ error: expect.any(String) as string }]);
    expect(rules()).toEqual(['renewal_form']);
  });

  // What follows are its limits, which a host that moves away from it should know.

  it('limit: calls at once share the first renewal, but not those after it', async () => {
    await launch();
    await extension.json('/due/1', { method: 'POST' });
    expect(await background('?calls=4')).toEqual(Array.from({ length: 4 }, () => ({ items: 2 })));
    expect(refreshes()).toHaveLength(1);
    // The renewal's answer has no access mode; the library stores that over its own.
    expect((await offlineSession())?.value).not.toHaveProperty('access_mode');

    await extension.json('/due/1', { method: 'POST' });
    const outcomes = await background('?calls=4');
    expect(refreshes()).toHaveLength(5);
    expect(outcomes.filter(({ error }) => error !== undefined)).toHaveLength(3);
    expect(sandbox.fynd.audit().spentMoreThanOnce.size).toBe(1);
  });

  it('limit: a token that lives under two minutes is renewed twice, and the second is not stored', async () => {
    sandbox.fynd.settings.offlineTokenSeconds = 100;
    await launch();
    expect(await background()).toEqual([{ items: 2 }]);
    expect(refreshes()).toHaveLength(2);
    // With the refresh token replaced, the company is lost.
    expect(await background()).toEqual([{ error: expect.any(String) as string }]);
    expect(rules()).toEqual(['rotated_refresh_token_reused']);
  });

  it('limit: a 401 renews nothing, and its log shows the token and the API secret', async () => {
    const { browser } = await launch();
    sandbox.fynd.expireAccessTokens();
    expect((await channels(browser)).status).toBe(500);
    expect(await background()).toEqual([{ error: 'Unauthorized' }]);
    expect(refreshes()).toEqual([]);
    const token = String((await offlineSession())?.value.access_token);
    await until(async () => extension.output().includes(token));
    sandbox.faults.add({ provider: 'fynd', on: 'token', fault: { kind: 'error', error: 'x' } });
    await launch();
    await until(async () => extension.output().includes(basic()));
  });

  it('limit: without a lifetime the user’s session has ended when it begins', async () => {
    sandbox.fynd.settings.omitExpiresIn = true;
    const { page } = await launch();
    const online = (await stored()).findLast(({ ttl }) => ttl !== undefined);
    expect(online?.ttl).toBe(0);
    const expires = /Expires=([^;]+)/.exec(page.cookies[0] ?? '')?.[1] ?? '';
    expect(new Date(expires).getTime()).toBeLessThanOrEqual(Date.now());
  });

  it('limit: the callback’s state is compared, its client_id is not', async () => {
    const attempt = async (change: (url: URL) => void) => {
      const browser = new Browser(extension.url);
      const { location = '' } = await install(browser);
      const callback = new URL(sandbox.fynd.approve(location));
      change(callback);
      return (await browser.open(callback.href)).status;
    };
    expect(await attempt((url) => url.searchParams.set('state', 'another'))).toBe(500);
    expect(await attempt((url) => url.searchParams.set('company_id', '2'))).toBe(500);
    expect(callsTo('/oauth/token')).toEqual([]);
    expect(await attempt((url) => url.searchParams.set('client_id', 'another'))).toBe(302);
    expect(callsTo('/oauth/token')).toHaveLength(1);
  });

  it('limit: whoever posts to /fp/uninstall makes it forget a company', async () => {
    await launch();
    const { status, body } = await extension.json('/fp/uninstall', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ company_id: 1 }),
    });
    expect([status, body]).toEqual([200, { success: true }]);
    expect(await background()).toEqual([{ error: expect.any(String) as string }]);
  });
});

describe('storefront calls signed by the sandbox, beside @gofynd/fp-signature 1.0.2', () => {
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await Sandbox.start({
      providers: ['fynd'],
      fynd: { extensionUrl: 'https://extension.example:8443/base' },
    });
  });
  afterAll(() => sandbox.stop());

  it.each([
    '/',
    '/ext/orders',
    '/ext//orders/../a/./b/',
    '/ext/a%20b/%C3%A9%2Fx/it%27s(1)!*',
    '/ext/orders?b=2&a=1&a=0&a=',
    '/ext/orders?a-b=1&a=2&a%21=3&A=4&10=x&9=y',
    '/ext/orders?q=caf%C3%A9+au%20lait&redirect=https%3A%2F%2Fshop.example%2F%3Fa%3Db',
    '/ext/orders?a=1?b=2&flag',
    '/ext/orders?&&a=1&=2&x-fp-signature=v1.1%3A0',
  ])('%s', (path) => {
    const user = { _id: 'user-9', name: 'Zoë  Byron' };
    const application = { _id: 'app-1', token: 't' };
    for (const [method, body] of [
      ['GET', undefined],
      ['POST', '{ "amount": 1.0, "name": "\\u00e9é" }'],
    ] as const) {
      const at = Date.UTC(2026, 10, 21, 7, 8, 9, 123);
      const headers = sandbox.fynd.proxyRequest({ path, method, user, application, body, at });
      const { 'x-fp-signature': signature, ...unsigned } = headers;
      expect(unsigned).toEqual({
        host: 'extension.example:8443',
        'x-application-data': JSON.stringify(application),
        'x-fp-date': '20261121T070809Z',
        'x-user-data': JSON.stringify(user),
      });
      const official = sign(
        { method, path, body, host: unsigned.host, headers: { ...unsigned } },
        {
          secret: sandbox.fynd.extension.client_secret,
          headers: ['x-user-data', 'x-application-data'],
        },
      );
      expect(signature).toBe(official['x-fp-signature']);
    }
  });
});
