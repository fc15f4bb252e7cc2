import { Controller, Get, UseGuards } from '@nestjs/common';
import { CurrentConnection, UseApp } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { FyndGuard, FyndModule, UseOfflineAccess } from '@nest-flock/fynd';
import { driveIntervals, driveMonotonicClock } from '../../support/clock.js';
import type { DrivenClock } from '../../support/clock.js';
import { DATABASES, sqliteDatabase } from '../../support/databases.js';
import { ADAPTERS } from '../../support/host.js';
import { failureOf, until } from '../../support/poll.js';
import { firstCompany, startFyndSuite } from './fynd-suite.js';
import type { FyndSuite, FyndSuiteSettings } from './fynd-suite.js';

const FYND_SCOPES = ['company/saleschannel', 'company/application/settings', 'company/product'];
const [, sqlite = sqliteDatabase] = DATABASES[0] ?? [];

describe('Fynd', () => {
  let suite: FyndSuite;
  const start = async (settings: FyndSuiteSettings = {}, open = sqlite) =>
    (suite = await startFyndSuite(open, settings));
  /** Given back after the test. */
  const clocks: DrivenClock[] = [];
  afterEach(async () => {
    for (const clock of clocks.splice(0)) clock.release();
    await suite.stop();
  });

  const offlineCalls = () =>
    suite.sandbox.fynd.tokenCalls.filter(({ path }) => path?.endsWith('/oauth/offline-token'));
  const onlineCalls = () =>
    suite.sandbox.fynd.tokenCalls.filter(({ path }) => path?.endsWith('/oauth/token'));
  const json = (text: string) => JSON.parse(text) as Record<string, unknown>;
  const get = async (
    browser: Awaited<ReturnType<FyndSuite['launch']>>['browser'],
    path: string,
  ) => {
    const page = await browser.open(path, { headers: { accept: 'application/json' } });
    return { status: page.status, body: json(page.text) };
  };
  const asked = () => {
    const company = firstCompany(suite.sandbox);
    return `company_id=${company}&client_id=${suite.sandbox.fynd.extension.client_id}`;
  };

  describe.each(ADAPTERS)('a launch on %s', (adapter) => {
    it('obtains the user’s and the company’s token and leads to the extension’s page', async () => {
      await start({ adapter });
      const { page, browser } = await suite.launch();
      const company = firstCompany(suite.sandbox);
      expect(page).toMatchObject({ status: 303, location: `/company/${company}` });
      expect([onlineCalls().length, offlineCalls().length]).toEqual([1, 1]);

      const mine = await get(browser, '/channels');
      expect(mine.status).toBe(200);
      expect(mine.body).toMatchObject({ companyId: company, userId: expect.any(String) as string });
      expect(mine.body.account).toBe(`${company}:${String(mine.body.userId)}`);
      const all = await get(browser, '/channels/all');
      expect(all.body).toMatchObject({ account: company, data: mine.body.data as object });
      expect((await get(browser, '/company')).body).toEqual({ account: company });
      expect(suite.sandbox.fynd.violations).toEqual([]);
    });

    it('without a session the guard names the launch', async () => {
      await start({ adapter });
      const { status, body } = await get(suite.browser(), '/channels');
      expect(status).toBe(401);
      expect(body).toMatchObject({ code: 'not_connected' });
      expect(body.connectUrl).toContain('/fp/install');
    });
  });

  describe.each(DATABASES)('on %s', (_name, open) => {
    it('P64: a launch of a connected company is no install: the offline token stays as it is', async () => {
      const installed: string[] = [];
      await start(
        { hooks: { installed: (connection) => void installed.push(connection.account) } },
        open,
      );
      const { browser } = await suite.launch();
      const before = await suite.company();
      const offline = await suite.tokens.getAccessToken(before.id);
      // The same browser passes through Fynd again as well.
      await suite.launch({ browser });
      for (let round = 0; round < 2; round += 1) await suite.launch();
      const after = await suite.company();
      expect(after.generation).toBe(before.generation);
      expect(await suite.tokens.getAccessToken(after.id)).toBe(offline);
      expect([onlineCalls().length, offlineCalls().length]).toEqual([4, 1]);
      expect(installed).toEqual([before.account]);
      const installs = (await suite.events()).filter(({ outcome }) => outcome === 'connected');
      expect(installs.map(({ action }) => action).sort()).toEqual(['install', 'launch']);
    });

    it('P64: a dead offline token is bought again by the next launch', async () => {
      await start({}, open);
      await suite.launch();
      const { id, generation } = await suite.company();
      const company = firstCompany(suite.sandbox);
      suite.sandbox.fynd.uninstall(Number(company));
      const token = await suite.tokens.getAccessToken(id);
      expect((await failureOf(suite.tokens.getAccessToken(id, { rejected: token }))).code).toBe(
        'reauthorization_required',
      );
      await suite.launch();
      expect(await suite.company()).toMatchObject({
        id,
        status: 'active',
        generation: generation + 1,
      });
      expect(offlineCalls().filter(({ outcome }) => outcome === 'issued')).toHaveLength(2);
    });

    it('P64: a company that lacks a scope that is now asked for is connected anew', async () => {
      await start({}, open);
      const { scopes } = suite.sandbox.fynd.extension;
      const [kept = ''] = scopes;
      suite.sandbox.fynd.settings.offlineScopesOverride = kept;
      await suite.launch();
      expect((await suite.company()).scopes).toEqual([kept]);
      suite.sandbox.fynd.settings.offlineScopesOverride = undefined;
      await suite.launch();
      expect([...(await suite.company()).scopes].sort()).toEqual([...scopes].sort());
      expect(offlineCalls()).toHaveLength(2);
    });

    it('P69: the offline token is renewed by the guide’s request, with the code of its install', async () => {
      await start({}, open);
      await suite.launch();
      const { id } = await suite.company();
      const code = offlineCalls()[0]?.token_fingerprint;
      const first = await suite.tokens.getAccessToken(id);
      const second = await suite.tokens.getAccessToken(id, { rejected: first });
      expect(second).not.toBe(first);
      const third = await suite.tokens.getAccessToken(id, { rejected: second });
      expect(third).not.toBe(second);
      const renewals = offlineCalls().slice(1);
      expect(renewals).toHaveLength(2);
      expect(renewals.every(({ outcome }) => outcome === 'issued')).toBe(true);
      expect(renewals.map(({ code_fingerprint: sent }) => sent)).toEqual([code, code]);
      expect(suite.sandbox.fynd.violations).toEqual([]);
      expect(JSON.stringify(await suite.row(id))).not.toContain(first);
    });
  });

  it('P69: the option refresh-token renews as the official libraries do', async () => {
    await start({ fynd: { renewal: 'refresh-token', encoding: 'form' } });
    suite.sandbox.fynd.settings.onlineEncoding = 'form';
    suite.sandbox.fynd.settings.renewal = 'library';
    await suite.launch();
    const { id } = await suite.company();
    const first = await suite.tokens.getAccessToken(id);
    expect(await suite.tokens.getAccessToken(id, { rejected: first })).not.toBe(first);
    expect(onlineCalls().at(-1)).toMatchObject({ grant_type: 'refresh_token', outcome: 'issued' });
    expect(suite.sandbox.fynd.violations).toEqual([]);
  });

  it('P69: an offline token that lives under two minutes is renewed once, and stored', async () => {
    await start();
    suite.sandbox.fynd.settings.offlineTokenSeconds = 100;
    await suite.launch();
    const { id } = await suite.company();
    const first = await suite.tokens.getAccessToken(id);
    const renewed = await Promise.all(
      Array.from({ length: 20 }, () => suite.tokens.getAccessToken(id, { rejected: first })),
    );
    expect(new Set(renewed).size).toBe(1);
    expect(await suite.tokens.getAccessToken(id)).toBe(renewed[0]);
    const { expires_at, due_at, token_version } = await suite.row(id);
    expect(Number(token_version)).toBe(2);
    // Nobody comes to renew it before three tenths of its life are left.
    expect(Number(expires_at) - Number(due_at)).toBeLessThanOrEqual(30_000);
    expect(offlineCalls()).toHaveLength(2);
  });

  it('F15, P69: an answer without a lifetime gets the cautious default', async () => {
    await start();
    suite.sandbox.fynd.settings.omitExpiresIn = true;
    await suite.launch();
    const { expiresAt } = await suite.company();
    const seconds = ((expiresAt?.getTime() ?? 0) - Date.now()) / 1_000;
    expect(seconds).toBeGreaterThan(3_500);
    expect(seconds).toBeLessThanOrEqual(3_600);
  });

  it('an online token has the user’s rights, and a route says which are missing', async () => {
    await start();
    const { companies } = suite.sandbox.fynd;
    const limited = companies[0]?.users.find((user) => !user.scopes.includes('company/product'));
    const { browser } = await suite.launch({ user: limited?._id ?? 'no such user' });
    expect((await get(browser, '/channels')).status).toBe(200);
    const refused = await get(browser, '/products');
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({
      code: 'insufficient_scope',
      missingScopes: ['company/product'],
    });
    // The company has the scope; only a route that says so may act with it.
    expect((await suite.company()).scopes).toContain('company/product');
  });

  it('P65: an online token is not renewed: at its end it is erased, and the guard says to launch again', async () => {
    await start();
    suite.sandbox.fynd.settings.onlineTokenSeconds = 8;
    const { browser } = await suite.launch();
    const { connections } = await suite.connections.find({ provider: 'fynd' });
    const online = connections.find(({ account }) => account.includes(':'));
    expect((await get(browser, '/channels')).status).toBe(200);
    await until(async () => (await suite.row(online?.id ?? '')).token_set === null);
    const { status, body } = await get(browser, '/channels');
    expect(status).toBe(401);
    expect(body).toMatchObject({ code: 'reauthorization_required' });
    const url = new URL(String(body.connectUrl));
    expect(url.searchParams.get('company_id')).toBe(firstCompany(suite.sandbox));
    expect([onlineCalls().length, offlineCalls().length]).toEqual([1, 1]);
    suite.sandbox.fynd.settings.onlineTokenSeconds = 7_199;
    expect((await suite.launch({ browser })).page.status).toBe(303);
    expect((await get(browser, '/channels')).status).toBe(200);
  }, 40_000);

  it('P65: an online token serves to its end, whatever validity a caller would like', async () => {
    await start();
    const { browser } = await suite.launch();
    const ref = { provider: 'fynd', account: '1:user_asha' };
    const token = await suite.tokens.getAccessToken(ref);
    const wishes = [{ minValiditySeconds: 86_400 * 30 }, { fresh: true }];
    for (const wish of wishes) expect(await suite.tokens.getAccessToken(ref, wish)).toBe(token);
    expect((await get(browser, '/channels')).status).toBe(200);
    const { id } = await suite.connections.get(ref);
    expect(await suite.row(id)).toMatchObject({ status: 'active', token_version: 1 });
  });

  it('P66: a browser with two companies says which one, and reaches no third', async () => {
    const asha = { _id: 'user_asha', name: 'Asha', email: 'asha@example.com', scopes: FYND_SCOPES };
    const companies = [1, 2].map((id) => ({ company_id: id, name: `Shop ${id}`, users: [asha] }));
    await start({ companies });
    const [one, two] = ['1', '2'];
    const { browser } = await suite.launch({ company: one });
    await suite.launch({ browser, company: two });
    expect((await get(browser, '/channels')).body).toMatchObject({ code: 'connection_ambiguous' });
    for (const company of [one, two]) {
      for (const path of [`/shops/${company}`, `/channels?company_id=${company}`]) {
        expect((await get(browser, path)).body).toMatchObject({ companyId: company });
      }
      const all = await get(browser, `/channels/all?company_id=${company}`);
      expect(all.body).toMatchObject({ account: company });
      const named = await browser.open('/channels', {
        headers: { accept: 'application/json', 'x-company-id': company ?? '' },
      });
      expect(json(named.text)).toMatchObject({ companyId: company });
    }
    const { id } = await suite.connections.get({ provider: 'fynd', account: `${one}:${asha._id}` });
    const chosen = (path: string) =>
      browser.open(path, { headers: { accept: 'application/json', 'x-connection-id': id } });
    expect(json((await chosen(`/shops/${one}`)).text)).toMatchObject({ companyId: one });
    // The id of a connection does not open another company's route.
    expect(json((await chosen(`/shops/${two}`)).text)).toMatchObject({ code: 'not_connected' });
    for (const path of [`/shops/${one}?company_id=${two}`, `/channels?company_id=1&company_id=2`]) {
      expect((await get(browser, path)).body).toMatchObject({ code: 'invalid_request' });
    }
    expect((await get(browser, '/shops/3')).body).toMatchObject({ code: 'not_connected' });
    expect((await get(suite.browser(), `/shops/${one}`)).status).toBe(401);
  });

  it('P66: who launches next in a browser starts with nothing of the user before', async () => {
    await start();
    const { browser } = await suite.launch({ user: 'user_asha' });
    await suite.launch({ browser, company: '2', user: 'user_bela' });
    expect((await get(browser, '/channels')).body).toMatchObject({ account: '2:user_bela' });
    expect((await get(browser, '/channels/all?company_id=1')).status).toBe(401);
    await suite.launch({ browser, user: 'user_arun' });
    expect((await get(browser, '/channels')).body).toMatchObject({ account: '1:user_arun' });
    const { id } = await suite.connections.get({ provider: 'fynd', account: '1:user_asha' });
    const chosen = await browser.open('/channels', {
      headers: { accept: 'application/json', 'x-connection-id': id },
    });
    expect(chosen.status).toBe(401);
    // In her own browser she goes on.
    const own = await suite.launch({ user: 'user_asha' });
    expect((await get(own.browser, '/channels')).body).toMatchObject({ account: '1:user_asha' });
  });

  describe('with offline tokens alone', () => {
    const installed = jest.fn();
    beforeEach(async () => {
      installed.mockClear();
      await start({ fynd: { accessModes: ['offline'] }, hooks: { installed } });
    });

    it('P64: a code that Fynd did not issue opens nothing, though the company is connected', async () => {
      await suite.launch();
      const before = await suite.row((await suite.company()).id);
      const browser = suite.browser();
      const page = await browser.open(`/fp/install?${asked()}`);
      const state = new URL(page.location ?? '').searchParams.get('state');
      const back = await browser.open(`/fp/auth?${asked()}&code=made-up&state=${state}`);
      expect(back.status).toBe(502);
      expect((await get(browser, '/channels/all')).status).toBe(401);
      // Nor does it harm the company.
      const { token_version, status } = await suite.row((await suite.company()).id);
      expect({ token_version, status }).toEqual({
        token_version: before.token_version,
        status: 'active',
      });
    });

    it('P64: each launch proves itself by its code, and only the first is an install', async () => {
      for (let launches = 1; launches <= 3; launches += 1) {
        const { browser } = await suite.launch();
        expect((await get(browser, '/channels/all')).status).toBe(200);
        expect(offlineCalls()).toHaveLength(launches);
      }
      expect(installed).toHaveBeenCalledTimes(1);
    });

    it('P65: there is nobody to sign out', async () => {
      const { browser } = await suite.launch();
      const headers = { origin: suite.url, accept: 'application/json' };
      const out = await browser.open('/fp/disconnect', { method: 'POST', headers });
      expect(out.status).toBe(401);
      expect((await suite.company()).status).toBe('active');
      expect((await get(browser, '/channels/all')).status).toBe(200);
    });
  });

  it('P65: a 401 to an online token ends the session at once', async () => {
    await start();
    // Not even with a refresh token is it renewed.
    suite.sandbox.faults.add({
      on: ({ path }) => path.endsWith('/oauth/token'),
      fault: { kind: 'answer', set: { refresh_token: 'of-the-user' } },
    });
    const { browser } = await suite.launch();
    suite.sandbox.fynd.expireAccessTokens();
    expect((await get(browser, '/channels')).body).toMatchObject({
      code: 'reauthorization_required',
    });
    expect((await get(browser, '/channels/all')).status).toBe(200);
    expect(onlineCalls()).toHaveLength(1);
  });

  it.each([
    ['/sign-out', 201, 'session_ended'],
    ['/fp/disconnect', 200, null],
  ])(
    'P65: signing out by %s erases the user’s token; the company stays connected',
    async (path, status, reason) => {
      await start();
      const { browser } = await suite.launch();
      const out = await browser.open(path, {
        method: 'POST',
        headers: { origin: suite.url, accept: 'application/json' },
      });
      expect(out.status).toBe(status);
      const { connections } = await suite.connections.find({ provider: 'fynd' });
      const online = connections.find(({ account }) => account.includes(':'));
      expect(online?.status).toBe('revoked');
      if (reason !== null) expect(online?.reason).toBe(reason);
      expect((await suite.row(online?.id ?? '')).token_set).toBeNull();
      expect((await suite.company()).status).toBe('active');
      expect((await get(browser, '/channels')).status).toBe(401);
      expect((await get(browser, '/channels/all')).status).toBe(200);
    },
  );

  describe('the launch link', () => {
    it.each([
      ['company_id', 'client_id=ID'],
      ['company_id', 'client_id=ID&company_id=one'],
      ['company_id', 'client_id=ID&company_id=1%2F..%2F2'],
      ['company_id', 'client_id=ID&company_id=0'],
      ['client_id', 'company_id=1'],
      ['client_id', 'company_id=1&client_id=another'],
      ['cluster_url', 'company_id=1&client_id=ID&cluster_url=https://evil.example'],
      ['cluster_url', 'company_id=1&client_id=ID&cluster_url=https://api.fynd.com.evil.example'],
      ['cluster_url', 'company_id=1&client_id=ID&cluster_url=https://api.fynd.com@evil.example'],
      ['company_id', 'company_id=1&company_id=2&client_id=ID'],
      ['redirect_path', 'company_id=1&client_id=ID&redirect_path=https://evil.example'],
      ['redirect_path', 'company_id=1&client_id=ID&redirect_path=//evil.example'],
    ])('S17: a bad %s is refused by name (%s)', async (name, query) => {
      await start({ fynd: { clusterUrls: ['https://api.fynd.com'] } });
      const id = suite.sandbox.fynd.extension.client_id;
      const page = await suite.browser().open(`/fp/install?${query.replace('ID', id)}`);
      expect(page.status).toBe(400);
      expect(page.text).toContain(name);
      expect(page.text).not.toContain('evil.example');
      expect(suite.sandbox.fynd.tokenCalls).toEqual([]);
    });

    it('P67: a cluster on the list is accepted and never called', async () => {
      await start({ fynd: { clusterUrls: ['https://api.cluster.example'] } });
      const query = `${asked()}&cluster_url=${encodeURIComponent('https://api.cluster.example')}`;
      expect((await suite.launch({ query })).page.status).toBe(303);
    });

    it('S5, S9: asks for exactly what the guide names, whatever else the link says', async () => {
      await start();
      const more = 'redirect_uri=https%3A%2F%2Fevil.example%2F&state=planted&code_challenge=c';
      const { location = '' } = await suite.browser().open(`/fp/install?${asked()}&${more}`);
      const { pathname, searchParams } = new URL(location);
      expect(pathname).toContain(`/company/${firstCompany(suite.sandbox)}/oauth/authorize`);
      expect(Object.fromEntries(searchParams)).toEqual({
        client_id: suite.sandbox.fynd.extension.client_id,
        redirect_uri: `${suite.url}/fp/auth`,
        access_mode: 'online',
        response_type: 'code',
        scope: suite.sandbox.fynd.extension.scopes.join(','),
        state: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) as string,
      });
    });

    it('redirect_path leads elsewhere on this site', async () => {
      await start();
      const { page } = await suite.launch({ query: `${asked()}&redirect_path=/settings` });
      expect(page.location).toBe('/settings');
    });

    it.each([
      [['offline'], { online: 0, offline: 1 }],
      [['online'], { online: 1, offline: 0 }],
    ])('P67: access modes %p', async (accessModes, { online, offline }) => {
      await start({ fynd: { accessModes } });
      const { page } = await suite.launch();
      expect(page.status).toBe(303);
      expect(page.cookies.length).toBeGreaterThan(0);
      for (const cookie of page.cookies) expect(cookie).toMatch(/; SameSite=Lax(;|$)/);
      expect([onlineCalls().length, offlineCalls().length]).toEqual([online, offline]);
    });

    it('P67: with launch: reuse, a session that lives goes straight to the page', async () => {
      await start({ fynd: { launch: 'reuse' } });
      const { browser } = await suite.launch();
      const again = await browser.open(`/fp/install?${asked()}`);
      expect(again.location).toBe(`/company/${firstCompany(suite.sandbox)}`);
      expect(onlineCalls()).toHaveLength(1);
      const stranger = await suite.browser().open(`/fp/install?${asked()}`);
      expect(stranger.location).toContain('/oauth/authorize');
      const other = suite.sandbox.fynd.companies[1]?.company_id;
      const id = suite.sandbox.fynd.extension.client_id;
      const elsewhere = await browser.open(`/fp/install?company_id=${other}&client_id=${id}`);
      expect(elsewhere.location).toContain('/oauth/authorize');
    });

    it('S4: with launch: reuse, nobody goes on with what another user has open in the browser', async () => {
      const user = (request: { headers: Record<string, unknown> }) =>
        String(request.headers['x-user']);
      await start({ fynd: { launch: 'reuse' }, hooks: { user } });
      const browser = suite.browser();
      const as = (name: string) => ({ headers: { 'x-user': name } });
      const begin = (name: string) => browser.open(`/fp/install?${asked()}`, as(name));
      const { location = '' } = await begin('ann');
      const { pathname, search } = new URL(suite.sandbox.fynd.approve(location));
      await browser.open(`${pathname}${search}`, as('ann'));
      const home = `/company/${firstCompany(suite.sandbox)}`;
      expect((await begin('ann')).location).toBe(home);
      expect((await begin('bob')).location).toContain('/oauth/authorize');
    });
  });

  describe('the callback', () => {
    const callbackOf = async () => {
      const browser = suite.browser();
      const { location = '' } = await browser.open(`/fp/install?${asked()}`);
      return { browser, callback: new URL(suite.sandbox.fynd.approve(location)) };
    };

    it.each([
      ['another company', (url: URL) => url.searchParams.set('company_id', '999')],
      ['no company', (url: URL) => url.searchParams.delete('company_id')],
      ['another client', (url: URL) => url.searchParams.set('client_id', 'another')],
      ['no client', (url: URL) => url.searchParams.delete('client_id')],
      ['two companies', (url: URL) => url.searchParams.append('company_id', '1')],
    ])('S6: with %s it is refused before the exchange', async (_what, change) => {
      await start();
      const { browser, callback } = await callbackOf();
      change(callback);
      const page = await browser.open(callback.href);
      expect(page.status).toBe(400);
      expect(page.text).toContain('callback_invalid');
      expect(suite.sandbox.fynd.tokenCalls).toEqual([]);
    });

    it('S2, P67: without its cookie the flow starts once more here, then refuses clearly', async () => {
      await start({ fynd: { extensionUrl: 'https://ext.example' } });
      const { callback } = await callbackOf();
      const blocked = suite.browser();
      const path = (url: URL) => `${url.pathname}${url.search}`;
      const anew = await blocked.open(path(callback));
      expect(anew.status).toBe(303);
      expect(anew.location).toContain('/fp/install?');
      const restart = await blocked.open(anew.location ?? '');
      expect(restart.location).toContain('/oauth/authorize');
      expect(suite.sandbox.fynd.tokenCalls).toEqual([]);
      const second = new URL(suite.sandbox.fynd.approve(restart.location ?? ''));
      // A browser that keeps no cookies at all.
      const refused = await suite.browser().open(path(second));
      expect(refused.status).toBe(400);
      expect(refused.text).toContain('cookies_blocked');
      // The one that kept the cookie of the second attempt goes on.
      expect((await blocked.open(path(second))).status).toBe(303);
      expect(onlineCalls()).toHaveLength(1);
    });

    it('F40: where a launch may begin anew, an expired, a used and an invented state look the same to a stranger', async () => {
      await start({ fynd: { extensionUrl: 'https://ext.example' } });
      const path = (url: URL) => `${url.pathname}${url.search}`;
      const used = await callbackOf();
      expect((await used.browser.open(path(used.callback))).status).toBe(303);
      const { callback: expired } = await callbackOf();
      await suite.sql('UPDATE flock_authorization_request SET expires_at = 1');
      const invented = new URL(expired);
      invented.searchParams.set('state', 'made-up');
      const pages = [];
      for (const callback of [invented, expired, used.callback])
        pages.push(await suite.browser().open(path(callback)));
      expect(pages.map(({ status, location }) => [status, location])).toEqual(
        pages.map(() => [400, undefined]),
      );
      expect(new Set(pages.map(({ text }) => text)).size).toBe(1);
    });

    it('S4: a restart is the launch once more, so the host identifies it alike', async () => {
      const seen: string[] = [];
      await start({
        fynd: { extensionUrl: 'https://ext.example' },
        hooks: {
          identify: ({ request }) => {
            const url = new URL(request.originalUrl ?? request.url, 'http://host');
            seen.push(url.pathname);
            const owner = url.searchParams.get('tenant');
            return owner === null ? false : { owner };
          },
        },
      });
      const path = (url: URL) => `${url.pathname}${url.search}`;
      const approve = (at = '') => path(new URL(suite.sandbox.fynd.approve(at)));
      const first = await suite.browser().open(`/fp/install?${asked()}&tenant=t%201`);
      const other = suite.browser();
      const anew = await other.open(approve(first.location));
      const begun = await other.open(anew.location ?? '');
      expect((await other.open(approve(begun.location))).status).toBe(303);
      expect(seen).toEqual(['/fp/install', '/fp/install']);
      const { connections } = await suite.connections.find({ provider: 'fynd' });
      expect(connections.map(({ owner }) => owner)).toEqual(['t 1', 't 1']);
    });

    it('S2: an unknown state starts nothing', async () => {
      await start();
      const page = await suite.browser().open('/fp/auth?code=c&state=made-up&company_id=1');
      expect(page.status).toBe(400);
      expect(page.location).toBeUndefined();
    });

    it('a refusal of the consent is told as such', async () => {
      await start();
      const browser = suite.browser();
      const { location = '' } = await browser.open(`/fp/install?${asked()}`);
      const callback = suite.sandbox.fynd.approve(location, { deny: true });
      const page = await browser.open(callback);
      expect(page.status).toBe(403);
      expect(page.text).toContain('install_denied');
      expect(page.text).toContain(`company_id=${firstCompany(suite.sandbox)}`);
    });

    it('without a user in the answer there is no session', async () => {
      await start();
      suite.sandbox.faults.add({
        on: 'token.code',
        provider: 'fynd',
        fault: { kind: 'answer', omit: ['current_user'] },
      });
      const { page } = await suite.launch();
      expect(page.status).toBe(502);
      expect((await suite.connections.find()).connections).toEqual([]);
    });

    it('an account that another owner holds is refused before anything is exchanged', async () => {
      let owner = 'tenant-1';
      await start({ hooks: { identify: () => ({ owner }) } });
      await suite.launch();
      const calls = suite.sandbox.fynd.tokenCalls.length;
      owner = 'tenant-2';
      const { page } = await suite.launch();
      expect(page.status).toBe(403);
      expect(page.text).toContain('connection_owned_elsewhere');
      expect(suite.sandbox.fynd.tokenCalls).toHaveLength(calls);
      expect((await suite.company()).owner).toBe('tenant-1');
    });
  });

  it('S21, S24: cookies fit the panel’s frame, and only the panel may frame the pages', async () => {
    // The host does not look meanwhile what time it really is.
    clocks.push(driveIntervals());
    await start({
      fynd: { extensionUrl: 'https://ext.example', panelOrigins: ['https://panel.example'] },
    });
    const { browser, page } = await suite.launch();
    const started = await browser.open(`/fp/install?${asked()}`);
    const clock = driveMonotonicClock();
    clocks.push(clock);
    await clock.advance(6 * 60_000);
    // A session that goes on is sealed anew.
    const resealed = await browser.open('/products');
    expect([resealed.status, resealed.cookies.length]).toEqual([200, 1]);
    for (const cookie of [...started.cookies, ...page.cookies, ...resealed.cookies]) {
      expect(cookie).toMatch(/^__Host-flock_/);
      for (const part of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=None', 'Partitioned']) {
        expect(cookie.split('; ')).toContain(part);
      }
    }
    const refusal = await browser.open('/fp/install?company_id=x');
    expect(refusal.headers['content-security-policy']).toContain(
      'frame-ancestors https://panel.example',
    );
  });

  it('S32: an answer that names no scopes grants all that were asked for, one by one', async () => {
    await start();
    suite.sandbox.faults.add({
      on: 'token.code',
      provider: 'fynd',
      times: Infinity,
      fault: { kind: 'answer', omit: ['scope'] },
    });
    await suite.launch();
    const { connections } = await suite.connections.find({ provider: 'fynd' });
    const asked = [...suite.sandbox.fynd.extension.scopes].sort();
    expect(asked).toHaveLength(3);
    // The user's and the company's.
    expect(connections.map(({ scopes }) => [...scopes].sort())).toEqual([asked, asked]);
  });

  it('S36: two extensions with the same company in one host never meet', async () => {
    @Controller()
    class TwoController {
      @Get('one')
      @UseGuards(FyndGuard)
      @UseApp('fynd')
      @UseOfflineAccess()
      one(@CurrentConnection() { app, account }: Connection) {
        return { app, account };
      }

      @Get('two')
      @UseGuards(FyndGuard)
      @UseApp('eu')
      @UseOfflineAccess()
      two(@CurrentConnection() { app, account }: Connection) {
        return { app, account };
      }
    }
    await start({
      controllers: [TwoController],
      imports: (sandbox, url) => {
        const second = sandbox.fynd.registerExtension({
          extensionUrl: `${url}/eu`,
          scopes: ['company/saleschannel'],
        });
        second.redirect_uris.push(`${url}/eu/fp/auth`);
        return [
          FyndModule.forRoot({
            name: 'eu',
            clientId: second.client_id,
            clientSecret: second.client_secret,
            baseUrl: sandbox.fynd.url,
            extensionUrl: `${url}/eu`,
            scopes: ['company/saleschannel'],
            encoding: 'form',
            renewal: 'refresh-token',
          }),
        ];
      },
    });
    const { browser } = await suite.launch();
    expect((await get(browser, '/one')).status).toBe(200);
    expect((await get(browser, '/two')).status).toBe(401);
    const company = firstCompany(suite.sandbox);
    const { client_id: second } =
      suite.sandbox.fynd.extensions.find(({ extensionUrl }) => extensionUrl.endsWith('/eu')) ?? {};
    const { location = '' } = await browser.open(
      `/eu/fp/install?company_id=${company}&client_id=${second}`,
    );
    const back = await browser.open(suite.sandbox.fynd.approve(location));
    expect(back).toMatchObject({ status: 303, location: `/eu/company/${company}` });
    expect((await get(browser, '/one')).body).toEqual({ app: 'fynd', account: company });
    expect((await get(browser, '/two')).body).toEqual({ app: 'eu', account: company });
    const [one, two] = await Promise.all(
      ['fynd', 'eu'].map((app) =>
        suite.tokens.getAccessToken({ provider: 'fynd', app, account: company }),
      ),
    );
    expect(one).not.toBe(two);
    const unclear = { provider: 'fynd', account: company };
    expect((await failureOf(suite.tokens.getAccessToken(unclear))).code).toBe(
      'connection_ambiguous',
    );
    const renewed = await suite.tokens.getAccessToken(
      { provider: 'fynd', app: 'eu', account: company },
      { rejected: two },
    );
    expect(renewed).not.toBe(two);
    expect(suite.sandbox.fynd.violations).toEqual([]);
  });
});
