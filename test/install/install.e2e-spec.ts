import type { INestApplication } from '@nestjs/common';
import { ConnectionService, FlockError, TokenService } from '@nest-flock/core';
import type { Connection, InstallHooks } from '@nest-flock/core';
import type { Fault } from '@nest-flock/sandbox';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createHash } from 'node:crypto';
import { Agent } from 'undici';
import { ConnectionStatusService } from '../../libs/core/src/connection/connection-status.service.js';
import { DatabaseClock } from '../../libs/core/src/foundation/database/database-clock.js';
import { sqliteDatabase } from '../support/databases.js';
import { ADAPTERS } from '../support/host.js';
import type { Adapter, Host } from '../support/host.js';
import { failureOf, until } from '../support/poll.js';
import { startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';
import { Browser } from '../support/browser.js';
import { OrdersController } from '../support/orders.controller.js';

/** The host's user of a test: a header stands in for the host's own sign-in. */
const hooks: InstallHooks = {
  identify: ({ request }) => {
    const user = request.headers['x-user'] as string | undefined;
    if (user === 'banned') return false;
    if (user === 'broken') throw new Error('canary of a driver');
    return user === undefined
      ? {}
      : { user, owner: `tenant-of-${user}`, context: { plan: 'gold' } };
  },
  user: (request) => request.headers['x-user'] as string | undefined,
};

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const parameter = (url: string | undefined, name: string) =>
  new URL(url as string).searchParams.get(name) as string;

/** The host's own parser sees one value of each parameter. */
function keepOneValue(app: INestApplication, adapter: Adapter, which: 'first' | 'last'): void {
  const parse = (text: string) => {
    const pairs = [...new URLSearchParams(text)];
    return Object.fromEntries(which === 'last' ? pairs : pairs.reverse());
  };
  const instance: unknown = app.getHttpAdapter().getInstance();
  if (adapter === 'express') {
    (instance as { set(name: string, value: unknown): void }).set('query parser', parse);
    return;
  }
  (
    instance as {
      addHook(
        name: string,
        hook: (request: { url: string; query: unknown }) => Promise<void>,
      ): void;
    }
  ).addHook('preValidation', async (request) => {
    request.query = parse(new URL(request.url, 'http://host').search);
  });
}

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
  /** Everything that the store has of attempts, sealed bytes as they are. */
  const storedAttempts = async () =>
    JSON.stringify(
      await suite.database.sql('SELECT * FROM flock_authorization_request'),
      (_key, value: unknown) => {
        const bytes = value as { type?: string; data?: number[] } | null;
        return bytes?.type === 'Buffer' ? Buffer.from(bytes.data ?? []).toString('latin1') : value;
      },
    );

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

  it('S1: neither the clock nor Math.random makes a state, and the store has its hash alone', async () => {
    const now = Date.now();
    const still = [
      jest.spyOn(Date, 'now').mockReturnValue(now),
      jest.spyOn(Math, 'random').mockReturnValue(0.5),
    ];
    const states: string[] = [];
    const bindings: string[] = [];
    try {
      for (const browser of [host.browser(), host.browser()]) {
        states.push(parameter((await start(browser)).location, 'state'));
        bindings.push([...browser.cookies.values()][0]?.split('.').at(-1) as string);
      }
    } finally {
      for (const one of still) one.mockRestore();
    }
    expect(new Set([...states, ...bindings]).size).toBe(4);
    const rows = await suite.database.sql('SELECT id FROM flock_authorization_request');
    expect(rows.map(({ id }) => id)).toEqual(expect.arrayContaining(states.map(sha256)));
    const stored = await storedAttempts();
    for (const secret of [...states, ...bindings]) {
      expect(stored).not.toContain(secret);
      expect(stored).not.toContain(Buffer.from(secret).toString('hex'));
    }
  });

  it('S9: the redirect URI is the configured text in both legs', async () => {
    // A parser would write the host in small letters.
    const redirectUri = 'http://LOCALHOST/flint/oauth/callback';
    suite.sandbox.flint.addRedirectUri(redirectUri);
    const literal = await suite.another({ flint: { redirectUri } });
    const browser = literal.browser();
    const page = await browser.open('/flint/install?mode=test', {
      headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' },
    });
    expect(parameter(page.location, 'redirect_uri')).toBe(redirectUri);
    const { pathname, search } = new URL(suite.sandbox.flint.approve(page.location as string));
    // The sandbox exchanges a code for the very text that it was asked for with.
    const back = await browser.open(`${pathname}${search}`, {
      headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' },
    });
    expect(back.status).toBe(303);
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
    const attempts = await suite.database.sql(
      'SELECT DISTINCT expires_at - created_at AS life FROM flock_authorization_request',
    );
    expect(attempts.map(({ life }) => Number(life))).toEqual([900_000]);
  });

  it('S24: on https cookies are Secure and pinned to the host', async () => {
    const secure = await suite.another({
      flint: { redirectUri: 'https://localhost/flint/oauth/callback' },
    });
    suite.sandbox.flint.addRedirectUri('https://localhost/flint/oauth/callback');
    const browser = secure.browser();
    const page = await browser.open('/flint/install?mode=test');
    const callback = new URL(suite.sandbox.flint.approve(page.location as string));
    const done = await browser.open(`${callback.pathname}${callback.search}`);
    const cookies = [...page.cookies, ...done.cookies].sort();
    const parts = 'Path=/; HttpOnly; SameSite=Lax;';
    expect(cookies.map((cookie) => cookie.replace(/=[\w.-]+;/, '=;'))).toEqual([
      expect.stringMatching(`^__Host-flock_attempt_[0-9a-f]{24}=; ${parts} Max-Age=900; Secure$`),
      expect.stringMatching(`^__Host-flock_attempt_[0-9a-f]{24}=; ${parts} Max-Age=900; Secure$`),
      `__Host-flock_session=; ${parts} Max-Age=43200; Secure`,
    ]);
  });

  it('S21: the callback answers 303 to a clean URL, with no-store and no-referrer', async () => {
    const { callback, page } = await host.install({
      query: 'mode=test&return_to=/orders%3Fpage=2',
    });
    expect(page.status).toBe(303);
    expect(page.location).toBe('/orders?page=2');
    const silent = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' };
    expect(page.headers).toMatchObject(silent);
    // A page of the callback is as silent, loads nothing, and stands in no frame.
    const refused = await host.browser().open(callback);
    expect(refused.status).toBe(400);
    expect(refused.headers).toMatchObject({
      ...silent,
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    });
    expect(refused.text).not.toMatch(/<script|<link|<img|\bsrc=|url\(|@import/);
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

  it('S3: an attempt that ends while its callback is looked at is used by nobody', async () => {
    const late = await suite.another({
      hooks: {
        user: async ({ url }) => {
          if (url.includes('/oauth/callback'))
            await suite.database.sql('UPDATE flock_authorization_request SET expires_at = 1');
          return undefined;
        },
      },
    });
    const browser = late.browser();
    const page = await browser.open('/flint/install?mode=test');
    const callback = suite.sandbox.flint.approve(page.location as string);
    expect((await browser.open(callback)).status).toBe(409);
    expect(exchanges()).toHaveLength(0);
  });

  it('F38: a repeat of the same browser after success goes to its return path, and exchanges nothing', async () => {
    const { browser, callback } = await host.install({ query: 'mode=test&return_to=/done' });
    const repeat = await browser.open(callback);
    expect(repeat).toMatchObject({ status: 303, location: '/done' });
    expect(exchanges()).toHaveLength(1);
  });

  it('F38: a repeat after a failure shows that failure again', async () => {
    const browser = host.browser();
    const faults: Fault[] = [{ kind: 'html' }, { kind: 'error', error: 'invalid_client' }];
    for (const fault of faults) {
      const callback = await approved(browser);
      suite.sandbox.faults.add({ on: 'token.code', fault });
      const first = await browser.open(callback);
      expect(code(first.text)).toBe('install_failed');
      const again = await browser.open(callback);
      expect([again.status, code(again.text)]).toEqual([first.status, 'install_failed']);
    }
    const page = await start(browser);
    const denied = suite.sandbox.flint.approve(page.location as string, { deny: true });
    expect(code((await browser.open(denied)).text)).toBe('install_denied');
    expect(code((await browser.open(denied)).text)).toBe('install_denied');
    expect(exchanges()).toHaveLength(faults.length);
  });

  it('F39, S2, S4: another browser cannot finish the install, and is told nothing precise', async () => {
    const callback = await approved(host.browser());
    const page = await host.browser().open(callback);
    expect(page.status).toBe(400);
    expect(code(page.text)).toBe('state_unrecognised');
    expect(await lastRefusal()).toBe('state_no_cookie');
    // An attempt of its own is not that very attempt.
    const own = host.browser();
    await start(own);
    const other = await own.open(callback);
    expect(other.text).toBe(page.text);
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
    expect(page.text).toBe((await host.browser().open(callback)).text);
    expect(exchanges()).toHaveLength(0);
    // Who began can still finish.
    expect((await browser.open(callback)).status).toBe(303);
  });

  it('S2: who knows the state cannot make its cookie', async () => {
    const browser = host.browser();
    const callback = await approved(browser);
    const state = parameter(callback, 'state');
    const [name] = [...browser.cookies.keys()];
    const stranger = host.browser();
    await start(stranger);
    const [other] = [...stranger.cookies.values()];
    for (const value of [
      '',
      'x',
      `x.${state}`,
      `x.${sha256(state)}`,
      `x.${Buffer.from(sha256(state), 'hex').toString('base64url')}`,
      other,
    ]) {
      const page = await new Browser(host.url).open(callback, {
        headers: { cookie: `${name}=${value}` },
      });
      expect([value, page.status, code(page.text)]).toEqual([value, 400, 'state_unrecognised']);
    }
    expect(exchanges()).toHaveLength(0);
    expect((await browser.open(callback)).status).toBe(303);
  });

  it.each<[string, InstallHooks]>([
    ['identify and user', hooks],
    ['user alone', { user: (request) => hooks.user?.(request) }],
  ])('S4: who left must come back, still signed in (hooks: %s)', async (_which, given) => {
    const named = await suite.another({ hooks: given });
    const browser = named.browser();
    const page = await browser.open('/flint/install?mode=test', { headers: { 'x-user': 'ann' } });
    const callback = suite.sandbox.flint.approve(page.location as string, {
      merchant_id: 'mer_cedar',
    });
    for (const headers of [{ 'x-user': 'bob' }, {}] as Record<string, string>[]) {
      const other = await browser.open(callback, { headers });
      expect([other.status, code(other.text)]).toEqual([403, 'state_other_user']);
    }
    expect(exchanges()).toHaveLength(0);
    const same = await browser.open(callback, { headers: { 'x-user': 'ann' } });
    expect(code(same.text)).not.toBe('state_other_user');
    expect(exchanges()).toHaveLength(1);
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
    expect(await lastRefusal()).toBe('state_other_user');
    // Nor is it nobody: who has signed out is not the one who left.
    const signedOut = await browser.clone().open(callback);
    expect([signedOut.status, code(signedOut.text)]).toEqual([403, 'state_other_user']);
    const same = await browser.open(callback, { headers: { 'x-user': 'ann' } });
    expect(same.status).toBe(303);
  });

  it('F40: expired and never issued states end the same for a stranger; nothing is reflected', async () => {
    const browser = host.browser();
    const callback = await approved(browser);
    const [attempt] = await suite.database.sql(
      'SELECT expires_at - created_at AS life FROM flock_authorization_request ORDER BY created_at DESC',
    );
    expect(Number(attempt?.life)).toBe(15 * 60_000);
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
    [
      'F41, S12: an empty code beside error',
      (url: string) => url.replace(/code=[^&]+/, 'code=&error=access_denied'),
      'code_and_error',
    ],
    ['F41, S12: code beside an empty error', (url: string) => `${url}&error=`, 'code_and_error'],
    ['F41, S11: code given twice', (url: string) => `${url}&code=other`, 'duplicated_parameter'],
    ['F41, S11: state given twice', (url: string) => `${url}&state=other`, 'duplicated_parameter'],
    ['F41, S11: mode given twice', (url: string) => `${url}&mode=test`, 'duplicated_parameter'],
    [
      'S11: a parameter that nobody reads given twice',
      (url: string) => `${url}&x=1&x=1`,
      'duplicated_parameter',
    ],
    [
      'S6: another mode than was asked for',
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

  it.each(['first', 'last'] as const)(
    'S11: a parser of the host that keeps the %s value hides no second one',
    async (which) => {
      const lossy = await suite.another({
        configure: (app) => keepOneValue(app, adapter, which),
      });
      const browser = lossy.browser();
      for (const name of ['code', 'mode', 'state']) {
        const page = await browser.open('/flint/install?mode=test');
        const callback = suite.sandbox.flint.approve(page.location as string);
        const twice = await browser.open(`${callback}&${name}=${parameter(callback, name)}`);
        expect([name, code(twice.text)]).toEqual([name, 'callback_invalid']);
        expect(await lastRefusal()).toBe('duplicated_parameter');
      }
      const link = await browser.open('/flint/install?mode=test&mode=test');
      expect(code(link.text)).toBe('install_invalid_request');
      expect(exchanges()).toHaveLength(0);
    },
  );

  it('S2: state is checked before the error is believed', async () => {
    const browser = host.browser();
    const callback = await approved(browser);
    for (const state of ['unknown', parameter(callback, 'state')]) {
      const page = await host
        .browser()
        .open(`/flint/oauth/callback?error=access_denied&state=${state}`);
      expect(code(page.text)).toBe('state_unrecognised');
    }
    // What a stranger says ends nobody's attempt.
    expect((await browser.open(callback)).status).toBe(303);
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
    expect(odd.text).not.toMatch(/boo|<b>/);
    const broken = await start(host.browser(), 'mode=test', { 'x-user': 'broken' });
    expect([broken.status, code(broken.text)]).toEqual([502, 'install_failed']);
    expect(broken.text).not.toContain('canary');
    const problem = await host.browser().open('/orders', { headers: { accept: '*/*' } });
    expect(Object.keys(JSON.parse(problem.text) as object).sort()).toEqual(
      ['type', 'title', 'status', 'detail', 'code', 'retryable', 'connectUrl'].sort(),
    );
  });

  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/%09/evil.example',
    '/.//evil.example',
    '/a/..//evil.example',
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

  it('S10, S15: the return path is sealed for its attempt; neither the callback nor another attempt changes it', async () => {
    const browser = host.browser();
    const first = await approved(browser, 'mode=test&return_to=/orders');
    const there = await browser.open(`${first}&return_to=/planted`);
    expect(there.location).toBe('/orders');
    const mine = await approved(browser, 'mode=test&return_to=/orders');
    const other = await approved(host.browser(), 'mode=test&return_to=/planted-before');
    expect(await storedAttempts()).not.toContain('/planted-before');
    const [from, to] = [other, mine].map((url) => sha256(parameter(url, 'state')));
    const [planted] = await suite.database.sql(
      'SELECT context FROM flock_authorization_request WHERE id = ?',
      [from],
    );
    await suite.database.sql('UPDATE flock_authorization_request SET context = ? WHERE id = ?', [
      planted?.context,
      to,
    ]);
    const page = await browser.open(mine);
    expect([page.status, page.location]).toEqual([502, undefined]);
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
      'mode=test&permission_ids=manage_orders,read_customers',
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

  it('the host may refuse an install', async () => {
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

  it('S4, S8: of two owners who may both have an account one gets it', async () => {
    let arrived = 0;
    let open: () => void = () => undefined;
    const both = new Promise<void>((resolve) => (open = resolve));
    const generous = await suite.another({
      hooks: {
        ...hooks,
        permitTransfer: async () => {
          arrived += 1;
          if (arrived === 2) open();
          await both;
          return true;
        },
      },
    });
    const begun = async (user: string) => {
      const browser = generous.browser();
      const headers = { 'x-user': user };
      const page = await browser.open('/flint/install?mode=live', { headers });
      const callback = suite.sandbox.flint.approve(page.location as string, {
        merchant_id: 'mer_birch',
      });
      return () => browser.open(callback, { headers });
    };
    expect((await (await begun('carl'))()).status).toBe(303);
    const ends = [await begun('ann'), await begun('bob')];
    const pages = await Promise.all(ends.map((end) => end()));
    expect(pages.map(({ status }) => status).sort()).toEqual([303, 403]);
    const winner = pages[0]?.status === 303 ? 'ann' : 'bob';
    const { connections } = await suite.connections.find({
      environment: 'live',
      merchant: 'mer_birch',
      status: 'active',
    });
    expect(connections.map(({ owner }) => owner)).toEqual([`tenant-of-${winner}`]);
    await suite.connections.disconnect((connections[0] as Connection).id);
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
    const open = (path: string, index: number, dispatcher?: Agent) =>
      new Browser(other.url.replace('localhost', '127.0.0.1')).open(`/flint/${path}`, {
        headers: { 'x-forwarded-for': `10.0.0.${index}`, 'x-real-ip': `10.0.0.${index}` },
        ...(dispatcher && { dispatcher }),
      });
    const statuses = [];
    for (let index = 0; index < 15; index += 1) {
      statuses.push((await open('install?mode=test', index)).status);
      statuses.push((await open('oauth/callback', index)).status);
    }
    expect(statuses).toEqual(Array(15).fill([303, 400]).flat());
    // What has come back meanwhile, one in two seconds, is used up.
    for (const path of ['install?mode=test', 'oauth/callback', 'oauth/callback?code=c&state=s']) {
      const limited = await until(async () => {
        const page = await open(path, 99);
        return page.status === 429 && page;
      });
      expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0);
      expect(code(limited.text)).toBe('too_many_requests');
    }
    const elsewhere = new Agent({ localAddress: '127.0.0.2' });
    expect((await open('install?mode=test', 99, elsewhere)).status).toBe(303);
    await elsewhere.close();
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

    it('S18, S32: a scope that was not granted is named, with the way to get it', async () => {
      const { browser } = await host.install({ query: 'mode=test&permission_ids=manage_orders' });
      const page = await orders(browser, {}, '/orders/customers');
      expect(page.status).toBe(403);
      expect(body(page)).toMatchObject({
        code: 'insufficient_scope',
        missingScopes: ['customers.customers.read'],
        connectUrl: `${host.url}/flint/install?mode=test`,
      });
      // Of two that a route needs one is not enough.
      const both = await orders(browser, {}, '/orders/and-customers');
      expect(both.status).toBe(403);
      expect(body(both)).toMatchObject({ missingScopes: ['customers.customers.read'] });
      // The same from Flint's side, where our guard asks for nothing.
      const refused = await orders(browser, {}, '/orders/unscoped-customers');
      expect(refused.status).toBe(403);
      expect(body(refused)).toMatchObject({
        code: 'insufficient_scope',
        missingScopes: ['customers.customers.read'],
      });
    });

    it('S25, S38: a write under the cookie session needs an Origin of the host’s own', async () => {
      const { browser } = await host.install();
      const foreign: Record<string, string>[] = [
        {},
        { origin: 'null' },
        { origin: 'https://evil.example' },
        // What begins as our origin does is another one.
        { origin: `${host.url}.evil.example` },
        // Who names us as the host is no page of ours.
        { origin: 'https://evil.example', 'x-forwarded-host': 'evil.example' },
        { origin: 'https://evil.example', host: 'evil.example' },
      ];
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        for (const headers of foreign) {
          expect(body(await orders(browser, headers, '/orders/any', method))).toMatchObject({
            code: 'cross_site_request',
          });
        }
        const own = await orders(browser, { origin: host.url }, '/orders/any', method);
        expect([method, own.status < 300]).toEqual([method, true]);
      }
      for (const method of ['GET', 'HEAD']) {
        const read = await orders(browser, {}, '/orders/any', method);
        expect([method, read.status]).toEqual([method, 200]);
      }
      const page = await browser.open('/flint/disconnect', {
        method: 'POST',
        headers: { origin: 'https://evil.example' },
      });
      expect(page.status).toBe(403);
      expect((await browser.open('/flint/disconnect')).status).toBe(404);
    });

    it('S25: where the host says whose a request is, it needs no Origin', async () => {
      const { id } = await suite.connect({ merchant: 'mer_birch' });
      const resolving = await suite.another({ hooks: { resolveConnection: () => id } });
      const browser = resolving.browser();
      for (const headers of [{}, { origin: 'https://evil.example' }] as Record<string, string>[]) {
        expect((await orders(browser, headers, '/orders', 'POST')).status).toBe(201);
      }
    });

    it('whose a request is may be nobody’s, one of several, or not known now', async () => {
      const { id } = await suite.connect({ merchant: 'mer_birch' });
      const given: { refs?: string[] } = {};
      const resolving = await suite.another({ hooks: { resolveConnection: () => given.refs } });
      const status = async () => (await orders(resolving.browser())).status;
      expect(await status()).toBe(401);
      given.refs = ['00000000-0000-0000-0000-000000000000', id];
      expect(await status()).toBe(200);
      const find = jest
        .spyOn(resolving.app.get(ConnectionStatusService), 'find')
        .mockRejectedValue(new FlockError('provider_unavailable', 'The store is away.'));
      expect(await status()).toBe(503);
      find.mockRestore();
    });

    it('a session that is used goes on: it is sealed anew once it is five minutes old', async () => {
      const { browser } = await host.install({ merchant: 'mer_acorn' });
      const first = browser.cookies.get('flock_session');
      expect((await orders(browser)).cookies).toEqual([]);
      const clock = host.app.get(DatabaseClock);
      const later = clock.now() + 10 * 60_000;
      const now = jest.spyOn(clock, 'now').mockReturnValue(later);
      try {
        const page = await orders(browser);
        expect([page.status, page.cookies.length]).toEqual([200, 1]);
        expect(browser.cookies.get('flock_session')).not.toBe(first);
        expect((await orders(browser)).cookies).toEqual([]);
      } finally {
        now.mockRestore();
      }
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
    });

    it('S26: a disconnect in the browser is in the trail with who did it', async () => {
      const { browser } = await host.install({ merchant: 'mer_acorn' });
      await browser.open('/flint/disconnect', { method: 'POST', headers: { origin: host.url } });
      expect(await suite.events()).toContainEqual(
        expect.objectContaining({ action: 'disconnect', actor: 'merchant' }),
      );
    });

    it.each(['//evil.example', '/\\evil.example'])(
      'S10: a disconnect that would return to %j goes to the root',
      async (target) => {
        const { browser } = await host.install({ merchant: 'mer_acorn' });
        const page = await browser.open(
          `/flint/disconnect?return_to=${encodeURIComponent(target)}`,
          { method: 'POST', headers: { origin: host.url, accept: 'text/html' } },
        );
        expect(page).toMatchObject({ status: 303, location: '/' });
      },
    );

    it('S10: what is encoded in a return path stays so: decoded it may lead away', async () => {
      const { browser } = await host.install({ merchant: 'mer_acorn' });
      const page = await browser.open('/flint/disconnect?return_to=%2F%255Cevil.example', {
        method: 'POST',
        headers: { origin: host.url, accept: 'text/html' },
      });
      expect(page).toMatchObject({ status: 303, location: '/%5Cevil.example' });
    });

    it('S2: the session of before an install does not open what it connected, and a forged one nothing', async () => {
      const { browser } = await host.install({ merchant: 'mer_birch' });
      const first = browser.cookies.get('flock_session');
      const before = browser.clone();
      await host.install({ browser, merchant: 'mer_birch', mode: 'live' });
      expect((await orders(browser, {}, '/orders/live')).status).toBe(200);
      expect((await orders(before, {}, '/orders/live')).status).toBe(401);
      expect((await orders(before)).status).toBe(200);
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

    it('S4: the session holds for its host user alone, also where another installs in the same browser', async () => {
      const browser = host.browser();
      const install = async (user: string, mode: string, merchant: string) => {
        const page = await start(browser, `mode=${mode}`, { 'x-user': user });
        const callback = suite.sandbox.flint.approve(page.location as string, {
          merchant_id: merchant,
        });
        return browser.open(callback, { headers: { 'x-user': user } });
      };
      expect((await install('ann', 'test', 'mer_cedar')).status).toBe(303);
      expect((await orders(browser, { 'x-user': 'ann' })).status).toBe(200);
      expect((await orders(browser, { 'x-user': 'eve' })).status).toBe(401);
      expect((await orders(browser)).status).toBe(401);
      expect((await install('eve', 'live', 'mer_birch')).status).toBe(303);
      // With what ann had connected there would be a choice.
      expect((await orders(browser, { 'x-user': 'eve' })).text).toContain('"mode":"live"');
      expect((await orders(browser, { 'x-user': 'ann' })).status).toBe(401);
      const { connections } = await suite.connections.find({ owner: 'tenant-of-eve' });
      for (const { id } of connections) await suite.connections.disconnect(id);
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

it('S38: behind a proxy that the host trusts, the address is the one that it names', async () => {
  const suite = await startSuite(sqliteDatabase, {
    flock: { installsPerMinute: 1 },
    configure: (app) => (app as NestExpressApplication).set('trust proxy', 'loopback'),
  });
  const status = async (address: string) =>
    (
      await suite.host
        .browser()
        .open('/flint/install?mode=test', { headers: { 'x-forwarded-for': address } })
    ).status;
  expect(await status('10.0.0.1')).toBe(303);
  expect(await status('10.0.0.2')).toBe(303);
  expect(await status('10.0.0.1')).toBe(429);
  await suite.stop();
});
