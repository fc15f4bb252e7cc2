import { ConnectionService, FlockError, TokenService } from '@nest-flock/core';
import type { Connection, InstallHooks } from '@nest-flock/core';
import { sqliteDatabase } from './support/databases.js';
import { ADAPTERS } from './support/host.js';
import type { Host } from './support/host.js';
import { failureOf } from './support/poll.js';
import { startSuite } from './support/suite.js';
import type { Suite } from './support/suite.js';
import { Browser } from './support/browser.js';
import { OrdersController } from './support/orders.controller.js';

/** The host's user of a test: a header stands in for the host's own sign-in. */
const hooks: InstallHooks = {
  identify: ({ request }) => {
    const user = request.headers['x-user'] as string | undefined;
    if (user === 'banned') return false;
    return user === undefined
      ? {}
      : { user, owner: `tenant-of-${user}`, context: { plan: 'gold' } };
  },
  user: (request) => request.headers['x-user'] as string | undefined,
};

describe.each(ADAPTERS)('installing on %s', (adapter) => {
  let suite: Suite;
  let host: Host;

  beforeAll(async () => {
    suite = await startSuite(sqliteDatabase, { adapter, hooks, controllers: [OrdersController] });
    host = suite.host;
  });
  afterAll(() => suite.stop());
  beforeEach(() => suite.sandbox.reset());

  const start = async (
    browser: Browser,
    query = 'mode=test',
    headers: Record<string, string> = {},
  ) => browser.open(`/flint/install?${query}`, { headers });
  /** As far as the redirect back, which nobody has followed yet. */
  const approved = async (browser: Browser, query = 'mode=test', merchant = 'mer_acorn') => {
    const page = await start(browser, query);
    return suite.sandbox.flint.approve(page.location as string, { merchant_id: merchant });
  };
  const code = (text: string) => /Code: <code>([a-z_]+)<\/code>/.exec(text)?.[1];
  const exchanges = () =>
    suite.sandbox.flint.tokenCalls.filter((call) => call.grant_type === 'authorization_code');
  const lastRefusal = async () => {
    const rows = await suite.events();
    return rows.filter((row) => row.outcome === 'refused').at(-1)?.reason;
  };

  it('S1, S5: the authorize URL is exactly that of the install guide, its state 256 random bits', async () => {
    const page = await start(host.browser(), 'mode=test&permission_ids=manage_orders');
    const url = new URL(page.location as string);
    expect(`${url.origin}${url.pathname}`).toBe(`${suite.sandbox.flint.url}/v1/oauth/authorize`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'fpc_sandbox',
      redirect_uri: `${host.url}/flint/oauth/callback`,
      mode: 'test',
      permission_ids: 'manage_orders',
      state: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) as string,
    });
    const again = new URL((await start(host.browser())).location as string);
    expect(again.searchParams.get('state')).not.toBe(url.searchParams.get('state'));
    // Omitted: the app's defaults, the merchant's default environment.
    expect(again.searchParams.has('permission_ids')).toBe(false);
    expect(again.searchParams.has('environment_id')).toBe(false);
  });

  it('S9, S38: the redirect URI comes from the configuration, whatever the Host header says', async () => {
    const page = await start(host.browser(), 'mode=test', {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
    });
    const url = new URL(page.location as string);
    expect(url.searchParams.get('redirect_uri')).toBe(`${host.url}/flint/oauth/callback`);
  });

  it('S2, S24: the attempt is bound by an HttpOnly cookie of its own; the session gets another', async () => {
    const browser = host.browser();
    const [cookie = ''] = (await start(browser)).cookies;
    expect(cookie).toMatch(
      /^flock_attempt_[0-9a-f]{24}=.+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=900$/,
    );
    await start(browser);
    expect(browser.cookies.size).toBe(2);
  });

  it('S24: on https cookies are Secure and pinned to the host', async () => {
    const secure = await suite.another({
      flint: { redirectUri: 'https://localhost/flint/oauth/callback' },
    });
    suite.sandbox.flint.addRedirectUri('https://localhost/flint/oauth/callback');
    const page = await secure.browser().open('/flint/install?mode=test');
    expect(page.cookies[0]).toMatch(
      /^__Host-flock_attempt_[0-9a-f]{24}=.+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=900; Secure$/,
    );
  });

  it('S21: the callback answers 303 to a clean URL, with no-store and no-referrer', async () => {
    const { page } = await host.install({ query: 'mode=test&return_to=/orders%3Fpage=2' });
    expect(page.status).toBe(303);
    expect(page.location).toBe('/orders?page=2');
    expect(page.headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    });
  });

  it('stores what the install guide says to store, in test and in live side by side', async () => {
    await host.install({ merchant: 'mer_birch' });
    await host.install({ merchant: 'mer_birch', mode: 'live' });
    const { connections } = await suite.connections.find({ merchant: 'mer_birch' });
    expect(connections.map(({ environment }) => environment).sort()).toEqual(['live', 'test']);
    const installs = suite.sandbox.flint.installs.filter(
      ({ merchant_id }) => merchant_id === 'mer_birch',
    );
    const grants = installs.flatMap(({ environment_grants }) => environment_grants);
    for (const connection of connections) {
      const grant = grants.find(
        ({ environment_grant_id }) => environment_grant_id === connection.account,
      );
      expect(grant).toMatchObject({
        mode: connection.environment,
        granted_scopes: connection.scopes,
      });
      expect(connection.install).toBe(installs[0]?.partner_app_install_id);
    }
    expect(suite.sandbox.flint.violations).toEqual([]);
  });

  it('F38, S3: of two callbacks at once one goes on, and one code is exchanged', async () => {
    // Both have read the attempt before either may use it up.
    let arrived = 0;
    let open: () => void = () => undefined;
    const both = new Promise<void>((resolve) => (open = resolve));
    const gated = await suite.another({
      hooks: {
        user: async ({ url }) => {
          if (!url.includes('/oauth/callback')) return undefined;
          arrived += 1;
          if (arrived === 2) open();
          await both;
          return undefined;
        },
      },
    });
    const browser = gated.browser();
    const page = await browser.open('/flint/install?mode=test');
    const callback = suite.sandbox.flint.approve(page.location as string, {
      merchant_id: 'mer_birch',
    });
    const pages = await Promise.all([
      browser.clone().open(callback),
      browser.clone().open(callback),
    ]);
    expect(exchanges()).toHaveLength(1);
    const went = pages.filter(({ status, location }) => status === 303 && location === '/');
    expect(went.length).toBeGreaterThanOrEqual(1);
    expect(pages.every(({ status }) => status === 303 || status === 409)).toBe(true);
  });

  it('F38: a repeat of the same browser after success goes to its return path, and exchanges nothing', async () => {
    const { browser, callback } = await host.install({ query: 'mode=test&return_to=/done' });
    const repeat = await browser.open(callback);
    expect(repeat).toMatchObject({ status: 303, location: '/done' });
    expect(exchanges()).toHaveLength(1);
  });

  it('F38: a repeat after a failure shows that failure again', async () => {
    const browser = host.browser();
    const callback = await approved(browser);
    suite.sandbox.faults.add({ on: 'token.code', fault: { kind: 'html' } });
    expect(code((await browser.open(callback)).text)).toBe('install_failed');
    expect(code((await browser.open(callback)).text)).toBe('install_failed');
    expect(exchanges()).toHaveLength(1);
  });

  it('F39, S2, S4: another browser cannot finish the install, and is told nothing precise', async () => {
    const callback = await approved(host.browser());
    const page = await host.browser().open(callback);
    expect(page.status).toBe(400);
    expect(code(page.text)).toBe('state_unrecognised');
    expect(await lastRefusal()).toBe('state_no_cookie');
    expect(exchanges()).toHaveLength(0);
  });

  it('F39, S13: a cookie of the right name with another value is refused', async () => {
    const browser = host.browser();
    const callback = await approved(browser);
    const forged = new Browser(host.url);
    const [name] = [...browser.cookies.keys()];
    const page = await forged.open(callback, {
      headers: { cookie: `${name}=x.${'A'.repeat(43)}` },
    });
    expect(code(page.text)).toBe('state_unrecognised');
    expect(await lastRefusal()).toBe('state_other_browser');
  });

  it('F39, S4: the host user who comes back must be the one who left', async () => {
    const browser = host.browser();
    const page = await start(browser, 'mode=test', { 'x-user': 'ann' });
    const callback = suite.sandbox.flint.approve(page.location as string, {
      merchant_id: 'mer_cedar',
    });
    const other = await browser.clone().open(callback, { headers: { 'x-user': 'bob' } });
    expect(other.status).toBe(403);
    expect(code(other.text)).toBe('state_other_user');
    const same = await browser.open(callback, { headers: { 'x-user': 'ann' } });
    expect(same.status).toBe(303);
  });

  it('F40: expired and never issued states end the same for a stranger; nothing is reflected', async () => {
    const browser = host.browser();
    const callback = await approved(browser);
    await suite.database.sql('UPDATE flock_authorization_request SET expires_at = 1');
    expect(code((await browser.open(callback)).text)).toBe('state_expired');
    const stranger = await host.browser().open(callback);
    const never = await browser.open(
      '/flint/oauth/callback?code=x&state=%3Cscript%3Ealert(1)%3C/script%3E',
    );
    expect(never.text).toBe(stranger.text);
    expect(never.text).not.toContain('alert(1)');
    expect(exchanges()).toHaveLength(0);
  });

  it.each([
    [
      'F41, S12: code beside error',
      (url: string) => `${url}&error=access_denied`,
      'code_and_error',
    ],
    ['F41, S11: code given twice', (url: string) => `${url}&code=other`, 'duplicated_parameter'],
    ['F41, S11: mode given twice', (url: string) => `${url}&mode=test`, 'duplicated_parameter'],
    [
      'another mode than was asked for',
      (url: string) => url.replace('mode=test', 'mode=live'),
      'mode_mismatch',
    ],
    ['no code', (url: string) => url.replace(/code=[^&]+/, ''), 'code_missing'],
  ])('%s is refused before anything is exchanged', async (_case, change, reason) => {
    const browser = host.browser();
    const page = await browser.open(change(await approved(browser)));
    expect(page.status).toBe(400);
    expect(code(page.text)).toBe('callback_invalid');
    expect(await lastRefusal()).toBe(reason);
    expect(exchanges()).toHaveLength(0);
  });

  it('S2: state is checked before the error is believed', async () => {
    const page = await host
      .browser()
      .open('/flint/oauth/callback?error=access_denied&state=unknown');
    expect(code(page.text)).toBe('state_unrecognised');
  });

  it('S22: a declined install says so; the provider’s words are not repeated', async () => {
    const browser = host.browser();
    const page = await start(browser, 'mode=live');
    const callback = suite.sandbox.flint.approve(page.location as string, { deny: true });
    const refused = await browser.open(`${callback}&x=1`);
    expect(code(refused.text)).toBe('install_denied');
    expect(refused.text).toContain('/flint/install?mode=live');
    expect(refused.text).not.toContain(
      new URL(callback).searchParams.get('error_description') ?? 'none',
    );
    expect(refused.headers['content-security-policy']).toContain("default-src 'none'");
    const again = await start(browser);
    const shouted = new URL(again.location as string).searchParams.get('state') as string;
    const odd = await browser.open(
      `/flint/oauth/callback?error=%3Cb%3Eboo&error_description=%3Cb%3E&state=${shouted}`,
    );
    expect(code(odd.text)).toBe('install_failed');
    expect(odd.text).not.toContain('<b>');
  });

  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/%09/evil.example',
    'javascript:alert(1)',
    '/a\nb',
    'orders',
  ])('S10: return_to %j does not lead away', async (target) => {
    const page = await start(
      host.browser(),
      `mode=test&return_to=${encodeURIComponent(decodeURIComponent(target))}`,
    );
    expect(page.status).toBe(400);
    expect(code(page.text)).toBe('install_invalid_request');
    expect(page.text).not.toContain('evil');
  });

  it.each([
    ['an unknown mode', 'mode=prod'],
    ['a mode given twice', 'mode=test&mode=live'],
    ['an unknown parameter', 'mode=test&scope=all'],
    ['odd permission ids', 'mode=test&permission_ids=a%20b'],
    ['an odd environment id', 'mode=test&environment_id=%3Cx%3E'],
  ])('S32: an install link with %s is refused with a sentence', async (_case, query) => {
    const page = await start(host.browser(), query);
    expect(page.status).toBe(400);
    expect(code(page.text)).toBe('install_invalid_request');
  });

  it('S32: permissions, modes and environments are limited to what the host allows', async () => {
    const narrow = await suite.another({
      flint: { modes: ['test'], permissionIds: ['manage_orders'], environmentIds: ['menv_1'] },
    });
    for (const query of [
      'mode=live',
      'mode=test&permission_ids=read_customers',
      'mode=test&environment_id=menv_2',
    ]) {
      const page = await narrow.browser().open(`/flint/install?${query}`);
      expect([query, page.status, code(page.text)]).toEqual([
        query,
        400,
        'install_invalid_request',
      ]);
    }
    expect(
      (await narrow.browser().open('/flint/install?permission_ids=manage_orders')).status,
    ).toBe(303);
  });

  it('S2: the host may refuse an install', async () => {
    const page = await start(host.browser(), 'mode=test', { 'x-user': 'banned' });
    expect(page.status).toBe(403);
    expect(code(page.text)).toBe('install_refused');
  });

  it('S4, S8: an account that another owner holds is refused, unless the host lets it go', async () => {
    const install = async (target: Host, user: string) => {
      const browser = target.browser();
      const page = await browser.open('/flint/install?mode=live', { headers: { 'x-user': user } });
      const callback = suite.sandbox.flint.approve(page.location as string, {
        merchant_id: 'mer_acorn',
      });
      return browser.open(callback, { headers: { 'x-user': user } });
    };
    expect((await install(host, 'ann')).status).toBe(303);
    const refused = await install(host, 'bob');
    expect(refused.status).toBe(403);
    expect(code(refused.text)).toBe('connection_owned_elsewhere');
    // The exchange ended the holder's tokens at Flint; the new ones of the same grant are the holder's.
    const held = { provider: 'flint', environment: 'live', owner: 'tenant-of-ann' };
    const orders = await fetch(`${suite.sandbox.flint.url}/v1/orders`, {
      headers: { authorization: `Bearer ${await suite.tokens.getAccessToken(held)}` },
    });
    expect(orders.status).toBe(200);
    expect(refused.cookies.some((cookie) => cookie.includes('flock_session'))).toBe(false);
    expect(await suite.events()).toContainEqual(
      expect.objectContaining({ outcome: 'kept_for_owner', owner: 'tenant-of-ann' }),
    );
    const lenient = await suite.another({
      hooks: { ...hooks, permitTransfer: ({ to }) => to === 'tenant-of-bob' },
    });
    expect((await install(lenient, 'carl')).status).toBe(403);
    expect((await install(lenient, 'bob')).status).toBe(303);
    const { connections } = await suite.connections.find({
      environment: 'live',
      merchant: 'mer_acorn',
    });
    expect(connections).toHaveLength(1);
    expect(connections[0]).toMatchObject({ owner: 'tenant-of-bob', status: 'active' });
    expect(await suite.events()).toContainEqual(
      expect.objectContaining({
        action: 'transfer',
        outcome: 'permitted',
        reason: 'from tenant-of-ann',
      }),
    );
  });

  it('a new grant of the same merchant and mode replaces the older connection', async () => {
    suite.sandbox.flint.settings.reuseGrants = false;
    await host.install({ merchant: 'mer_birch', mode: 'live' });
    await host.install({ merchant: 'mer_birch', mode: 'live' });
    suite.sandbox.flint.settings.reuseGrants = true;
    const { connections } = await suite.connections.find({
      merchant: 'mer_birch',
      environment: 'live',
    });
    expect(connections.filter(({ status }) => status === 'active')).toHaveLength(1);
    expect(
      connections.filter(({ reason }) => reason === 'superseded').length,
    ).toBeGreaterThanOrEqual(1);
  });

  it('S30, S38: install routes are limited per address, which no header can change', async () => {
    const other = await suite.another({ flock: { installsPerMinute: 30 } });
    const pages = [];
    for (let index = 0; index < 40; index += 1) {
      pages.push(
        await other.browser().open('/flint/oauth/callback', {
          headers: { 'x-forwarded-for': `10.0.0.${index}` },
        }),
      );
    }
    expect(pages.slice(0, 30).every(({ status }) => status === 400)).toBe(true);
    const limited = pages.find(({ status }) => status === 429);
    expect(limited?.status).toBe(429);
    expect(Number(limited?.headers['retry-after'])).toBeGreaterThan(0);
    expect(code(limited?.text ?? '')).toBe('too_many_requests');
  });

  it('at most eight attempts are pending in one browser', async () => {
    const other = await suite.another();
    const browser = other.browser();
    for (let index = 0; index < 12; index += 1) await browser.open('/flint/install?mode=test');
    expect(browser.cookies.size).toBe(8);
  });

  it('preview tells what Flint would ask for', async () => {
    const { FlintInstallService } = await import('@nest-flock/flint');
    const preview = await host.app.get(FlintInstallService).preview({ mode: 'test' });
    expect(preview).toMatchObject({
      mode: 'test',
      partnerAppId: suite.sandbox.flint.app.partner_app_id,
    });
    expect(preview.permissions.length).toBeGreaterThan(0);
    const error = await failureOf(
      host.app.get(FlintInstallService).preview({ mode: 'test', permissionIds: ['nope'] }),
    );
    expect(error).toBeInstanceOf(FlockError);
  });

  describe('the session and the guard', () => {
    const orders = (
      browser: Browser,
      headers: Record<string, string> = {},
      path = '/orders',
      method = 'GET',
    ) => browser.open(path, { method, headers: { accept: 'application/json', ...headers } });
    const body = (page: { text: string }) => JSON.parse(page.text) as Record<string, unknown>;

    it('S37: without a connection the answer is 401 with the install URL, and Flint is not called', async () => {
      const page = await orders(host.browser());
      expect(page.status).toBe(401);
      expect(page.headers['content-type']).toContain('application/problem+json');
      expect(body(page)).toMatchObject({
        code: 'not_connected',
        connectUrl: `${host.url}/flint/install`,
      });
      expect(suite.sandbox.flint.apiCalls).toEqual([]);
    });

    it('a connected browser reads its own merchant’s orders', async () => {
      const { browser } = await host.install({ merchant: 'mer_birch' });
      const page = await orders(browser);
      expect(page.status).toBe(200);
      expect(page.text).toContain('mer_birch');
      expect(page.text).not.toContain('mer_acorn');
    });

    it('several connections need a choice, and a choice cannot go beyond one’s own', async () => {
      const { browser } = await host.install({ merchant: 'mer_birch' });
      await host.install({ browser, merchant: 'mer_birch', mode: 'live' });
      expect(body(await orders(browser))).toMatchObject({ code: 'connection_ambiguous' });
      const own = (
        await suite.connections.find({
          merchant: 'mer_birch',
          environment: 'live',
          status: 'active',
        })
      ).connections[0] as Connection;
      expect((await orders(browser, { 'x-connection-id': own.id })).text).toContain(
        '"mode":"live"',
      );
      expect((await orders(browser, {}, `/orders/of/${own.id}`)).status).toBe(200);
      const { browser: stranger } = await host.install({ merchant: 'mer_acorn' });
      expect(body(await orders(stranger, { 'x-connection-id': own.id }))).toMatchObject({
        code: 'not_connected',
      });
      expect((await orders(browser, {}, '/orders/live')).status).toBe(200);
    });

    it('S18, S36: a scope that was not granted is named, with the way to get it', async () => {
      const { browser } = await host.install({ query: 'mode=test&permission_ids=manage_orders' });
      const page = await orders(browser, {}, '/orders/customers');
      expect(page.status).toBe(403);
      expect(body(page)).toMatchObject({
        code: 'insufficient_scope',
        missingScopes: ['customers.customers.read'],
        connectUrl: `${host.url}/flint/install?mode=test`,
      });
      // The same from Flint's side, where our guard asks for nothing.
      const refused = await orders(browser, {}, '/orders/unscoped-customers');
      expect(refused.status).toBe(403);
      expect(body(refused)).toMatchObject({
        code: 'insufficient_scope',
        missingScopes: ['customers.customers.read'],
      });
    });

    it('S25: a write under the cookie session needs an Origin of the host’s own', async () => {
      const { browser } = await host.install();
      for (const headers of [{}, { origin: 'https://evil.example' }, { origin: 'null' }] as Record<
        string,
        string
      >[]) {
        expect(body(await orders(browser, headers, '/orders', 'POST'))).toMatchObject({
          code: 'cross_site_request',
        });
      }
      expect((await orders(browser, { origin: host.url }, '/orders', 'POST')).status).toBe(201);
      const page = await browser.open('/flint/disconnect', {
        method: 'POST',
        headers: { origin: 'https://evil.example' },
      });
      expect(page.status).toBe(403);
    });

    it('F44, S34: after a disconnect the session opens nothing, also when the merchant reconnects elsewhere', async () => {
      const { browser } = await host.install({ merchant: 'mer_acorn' });
      const before = browser.clone();
      const page = await browser.open('/flint/disconnect?return_to=/bye', {
        method: 'POST',
        headers: { origin: host.url },
      });
      expect(page).toMatchObject({ status: 303, location: '/bye' });
      expect((await orders(before)).status).toBe(401);
      await host.install({ merchant: 'mer_acorn' });
      expect((await orders(before)).status).toBe(401);
      const get = await browser.open('/flint/disconnect');
      expect(get.status).toBe(404);
    });

    it('S2: a new install gives the session a new id; a forged or old cookie opens nothing', async () => {
      const { browser } = await host.install();
      const first = browser.cookies.get('flock_session');
      await host.install({ browser });
      expect(browser.cookies.get('flock_session')).not.toBe(first);
      const forged = new Browser(host.url);
      const bytes = Buffer.from(first as string, 'base64url');
      bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
      const page = await forged.open('/orders', {
        headers: {
          accept: 'application/json',
          cookie: `flock_session=${bytes.toString('base64url')}`,
        },
      });
      expect(page.status).toBe(401);
    });

    it('the session holds for its host user alone', async () => {
      const browser = host.browser();
      const page = await start(browser, 'mode=test', { 'x-user': 'ann' });
      const callback = suite.sandbox.flint.approve(page.location as string, {
        merchant_id: 'mer_cedar',
      });
      const done = await browser.open(callback, { headers: { 'x-user': 'ann' } });
      expect(done.status).toBe(303);
      expect((await orders(browser, { 'x-user': 'ann' })).status).toBe(200);
      expect((await orders(browser, { 'x-user': 'eve' })).status).toBe(401);
      expect((await orders(browser)).status).toBe(401);
    });

    it('P6: a page request can be sent to the install route instead', async () => {
      const pages = await suite.another({ flock: { redirectPages: true } });
      const page = await pages.browser().open('/orders');
      expect(page.status).toBe(302);
      expect(page.location).toBe(`${pages.url}/flint/install`);
      expect((await orders(pages.browser())).status).toBe(401);
    });

    it('a dead connection answers 401 with the reconnect URL', async () => {
      const { browser } = await host.install({ merchant: 'mer_acorn' });
      const connection = (
        await suite.connections.find({
          merchant: 'mer_acorn',
          environment: 'test',
          status: 'active',
        })
      ).connections[0] as Connection;
      suite.sandbox.flint.revokeGrant(connection.account);
      const page = await orders(browser);
      expect(page.status).toBe(401);
      expect(body(page)).toMatchObject({
        code: 'reauthorization_required',
        connectUrl: `${host.url}/flint/install?mode=test`,
      });
      expect((await host.app.get(ConnectionService).get(connection.id)).status).toBe(
        'reauthorization_required',
      );
      expect((await failureOf(host.app.get(TokenService).getAccessToken(connection.id))).code).toBe(
        'reauthorization_required',
      );
    });
  });
});
