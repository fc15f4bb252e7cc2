import { Sandbox } from '../sandbox.js';
import type { FyndOfflineAnswer, FyndOnlineAnswer } from './fynd-token-answer.js';

const EXTENSION_URL = 'http://127.0.0.1:9';
type Body = FyndOfflineAnswer & FyndOnlineAnswer & { error?: string; message?: string };

describe('the emulated Fynd', () => {
  let sandbox: Sandbox;
  const rules = () => sandbox.fynd.violations.map(({ rule }) => rule);
  const callbackOf = (url: string | null) =>
    Object.fromEntries(new URL(url ?? 'http://none.example').searchParams);

  beforeEach(async () => {
    sandbox = await Sandbox.start({
      providers: ['fynd'],
      fynd: { extensionUrl: EXTENSION_URL, tokenPrefix: 'CANARY' },
    });
  });
  afterEach(() => sandbox.stop());

  function authorizeUrl(changes: Record<string, string | undefined> = {}, company = 1): string {
    const url = new URL(
      `${sandbox.fynd.url}/service/panel/authentication/v1.0/company/${company}/oauth/authorize`,
    );
    const all = {
      access_mode: 'online',
      client_id: sandbox.fynd.extension.client_id,
      redirect_uri: `${EXTENSION_URL}/fp/auth`,
      response_type: 'code',
      scope: 'company/saleschannel,company/product',
      state: 'state-1',
      ...changes,
    };
    for (const [name, value] of Object.entries(all)) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    return url.href;
  }
  const get = (url: string, headers: Record<string, string> = {}) =>
    fetch(url, { redirect: 'manual', headers });
  const decide = (url: string, form: Record<string, string>) =>
    fetch(url, { method: 'POST', redirect: 'manual', body: new URLSearchParams(form) });
  const codeOf = (company = 1, user?: string): string =>
    callbackOf(sandbox.fynd.approve(authorizeUrl({}, company), user === undefined ? {} : { user }))[
      'code'
    ] as string;

  const basic = (id: string, secret: string) =>
    `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  const ours = () => basic(sandbox.fynd.extension.client_id, sandbox.fynd.extension.client_secret);

  async function post(
    route: 'token' | 'offline-token',
    fields: Record<string, unknown>,
    options: { form?: boolean; company?: number; authorization?: string; type?: string } = {},
  ) {
    const { form = false, company = 1, authorization = ours() } = options;
    const type = form ? 'application/x-www-form-urlencoded' : 'application/json';
    const response = await fetch(
      `${sandbox.fynd.url}/service/panel/authentication/v1.0/company/${company}/oauth/${route}`,
      {
        method: 'POST',
        headers: { authorization, 'content-type': options.type ?? type },
        body: form
          ? new URLSearchParams(fields as Record<string, string>).toString()
          : JSON.stringify(fields),
      },
    );
    return { status: response.status, body: (await response.json()) as Body };
  }
  const online = (code: string, options = {}) =>
    post('token', { grant_type: 'authorization_code', code }, options);
  const offlineFields = (code: string) => ({
    grant_type: 'authorization_code',
    code,
    client_id: sandbox.fynd.extension.client_id,
    client_secret: sandbox.fynd.extension.client_secret,
    scope: ['company/saleschannel'] as unknown,
  });
  const offline = (code: string, changes: Record<string, unknown> = {}, options = {}) =>
    post('offline-token', { ...offlineFields(code), ...changes }, options);
  const renew = (code: string, refresh_token: string, options = {}) =>
    post('offline-token', { grant_type: 'authorization_code', code, refresh_token }, options);
  const renewAsLibrary = (refresh_token: string, options = {}) =>
    post('token', { grant_type: 'refresh_token', refresh_token }, { form: true, ...options });
  const channels = (token: string, company = 1) =>
    get(`${sandbox.fynd.url}/service/platform/configuration/v1.0/company/${company}/application`, {
      authorization: `Bearer ${token}`,
    });
  const products = (token: string) =>
    get(`${sandbox.fynd.url}/service/platform/catalog/v1.0/company/1/products`, {
      authorization: `Bearer ${token}`,
    });

  describe('the authorize page', () => {
    it('asks once, by user and scopes; later launches pass through', async () => {
      const first = await get(authorizeUrl());
      const page = await first.text();
      expect(first.status).toBe(200);
      expect(page).toContain('company/saleschannel');
      expect(page).not.toContain('company/application/settings');
      expect(page).toMatch(/value="user_asha" checked/);
      const approved = await decide(authorizeUrl(), { decision: 'approve', user: 'user_arun' });
      expect(approved.status).toBe(302);
      expect(callbackOf(approved.headers.get('location'))).toEqual({
        code: expect.stringContaining('CANARY') as string,
        state: 'state-1',
        client_id: sandbox.fynd.extension.client_id,
        company_id: '1',
      });

      const again = await get(authorizeUrl({ state: 'state-2' }));
      expect(again.status).toBe(302);
      const { code = '', state } = callbackOf(again.headers.get('location'));
      expect(state).toBe('state-2');
      expect((await online(code)).body.current_user._id).toBe('user_arun');

      expect((await get(authorizeUrl({ scope: 'company/product' }))).status).toBe(200);
      expect((await get(authorizeUrl({}, 2))).status).toBe(200);
      await get(`${sandbox.fynd.url}/panel/company/1?user=user_asha`);
      expect((await get(authorizeUrl())).status).toBe(200);
      expect(rules()).toEqual([]);
    });

    it('ends a rejection on a page, or tells the redirect URI', async () => {
      const page = await decide(authorizeUrl(), { decision: 'deny' });
      expect([page.status, page.headers.get('location')]).toEqual([200, null]);
      sandbox.fynd.settings.denial = 'redirect';
      const told = await decide(authorizeUrl(), { decision: 'deny' });
      const expected = { error: 'access_denied', state: 'state-1' };
      expect(callbackOf(told.headers.get('location'))).toEqual(expected);
      expect(callbackOf(sandbox.fynd.approve(authorizeUrl(), { deny: true }))).toEqual(expected);
    });

    it.each([
      ['an unknown client', { client_id: 'nobody' }, 'unknown_client'],
      ['a foreign redirect URI', { redirect_uri: 'http://evil.example/fp/auth' }, 'redirect_uri'],
      ['no redirect URI', { redirect_uri: undefined }, 'redirect_uri'],
      ['another response type', { response_type: 'token' }, 'response_type'],
      ['an unknown access mode', { access_mode: 'both' }, 'access_mode'],
      ['no state', { state: undefined }, 'missing_field'],
      ['no scope', { scope: undefined }, 'scope'],
      ['scopes joined by spaces', { scope: 'company/saleschannel company/product' }, 'scope'],
      ['a scope that is not registered', { scope: 'company/secrets' }, 'scope'],
    ])('refuses %s', async (_what, changes, rule) => {
      const { status, headers } = await get(authorizeUrl(changes));
      expect([status, headers.get('location')]).toEqual([400, null]);
      expect(rules()).toEqual([rule]);
      expect(() => sandbox.fynd.approve(authorizeUrl(changes))).toThrow('refused');
    });

    it('refuses an unknown company, and parameters sent twice', async () => {
      expect((await get(authorizeUrl({}, 9))).status).toBe(400);
      expect((await get(`${authorizeUrl()}&state=state-2`)).status).toBe(400);
      expect(rules()).toEqual(['unknown_company', 'duplicate_parameter']);
    });

    it('takes access_mode as offline when it is left out, and the ways of the libraries', async () => {
      const url = authorizeUrl({
        access_mode: undefined,
        redirect_uri: `${EXTENSION_URL}/fp/auth?application_id=app-1`,
      });
      const signed = `${url}&x-fp-date=20260101T000000Z&x-fp-signature=v1.1%3A0`;
      expect((await get(signed)).status).toBe(200);
      expect(callbackOf(sandbox.fynd.approve(signed))).toMatchObject({
        application_id: 'app-1',
        state: 'state-1',
      });
    });
  });

  describe('the panel', () => {
    it('opens the extension in a frame, which may show the consent page', async () => {
      const response = await get(`${sandbox.fynd.url}/panel/company/2`);
      const page = await response.text();
      const src = /<iframe[^>]+src="([^"]+)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? '';
      expect(src.startsWith(`${EXTENSION_URL}/fp/install?`)).toBe(true);
      expect(callbackOf(src)).toEqual({
        company_id: '2',
        client_id: sandbox.fynd.extension.client_id,
        cluster_url: sandbox.url,
      });
      expect(page).toContain('target="_top"');
      expect(response.headers.get('content-security-policy')).toContain(
        `frame-src 'self' ${EXTENSION_URL}`,
      );
      const consent = await get(authorizeUrl());
      expect(consent.headers.get('content-security-policy')).toContain("frame-ancestors 'self'");
      const top = await (await get(`${sandbox.fynd.url}/panel/company/2?mode=top`)).text();
      expect(top).not.toContain('<iframe');
      expect(top).toContain('target="_top"');
      expect((await get(`${sandbox.fynd.url}/panel/company/9`)).status).toBe(404);
    });

    it('with mode=breakout the framed consent page goes on in a new page', async () => {
      const frame = { 'sec-fetch-dest': 'iframe' };
      const text = async (headers = {}) => (await get(authorizeUrl(), headers)).text();
      await get(`${sandbox.fynd.url}/panel/company/1?mode=breakout`);
      const page = await text(frame);
      expect(page).toMatch(/<a href="[^"]+" target="_top">Continue in a new page/);
      expect(page).not.toContain('Approve');
      expect(await text()).toContain('Approve');
      await get(`${sandbox.fynd.url}/panel/company/1`);
      expect(await text(frame)).toContain('Approve');
      sandbox.fynd.settings.breakOut = true;
      expect(await text(frame)).toContain('target="_top"');
    });
  });

  describe('the exchange of a code', () => {
    it('happens once at each of the two routes, in either order', async () => {
      for (const [first, second] of [
        [online, offline],
        [offline, online],
      ] as const) {
        const code = codeOf();
        expect((await first(code)).status).toBe(200);
        expect((await second(code)).status).toBe(200);
        for (const again of [first, second]) {
          const { status, body } = await again(code);
          expect([status, body.error]).toEqual([400, 'invalid_grant']);
        }
      }
      expect(rules()).toEqual(['code_reused', 'code_reused', 'code_reused', 'code_reused']);
    });

    it('answers what the guide shows', async () => {
      const code = codeOf();
      const mine = (await online(code)).body;
      expect(mine).toEqual({
        access_token: expect.stringMatching(/^oa-CANARY/) as string,
        token_type: 'Bearer',
        expires_in: 7199,
        expires_at: expect.any(Number) as number,
        scope: ['company/saleschannel', 'company/product'],
        current_user: { _id: 'user_asha', name: 'Asha', email: 'asha@company1.example' },
      });
      const all = (await offline(code)).body;
      expect(all).toEqual({
        access_token: expect.stringMatching(/^oa-CANARY/) as string,
        token_type: 'Bearer',
        expires_in: 3599,
        expires_at: expect.any(Number) as number,
        refresh_token: expect.stringContaining('CANARY') as string,
        scope: ['company/saleschannel'],
      });
      expect(sandbox.fynd.tokenCalls).toMatchObject([
        { grant_type: 'authorization_code', account: '1', outcome: 'issued', committed: true },
        { path: expect.stringMatching(/\/offline-token$/) as string, outcome: 'issued' },
      ]);
      const secrets = [code, mine.access_token, all.access_token, all.refresh_token];
      expect(sandbox.fynd.secretsSeen()).toEqual(expect.arrayContaining(secrets));
      expect(rules()).toEqual([]);
    });

    it('an online token has no more than the rights of its user', async () => {
      const { access_token, scope } = (await online(codeOf(1, 'user_arun'))).body;
      expect(scope).toEqual(['company/saleschannel']);
      expect((await channels(access_token)).status).toBe(200);
      expect((await products(access_token)).status).toBe(403);
    });

    it('a life may be left out', async () => {
      sandbox.fynd.settings.omitExpiresIn = true;
      const { body } = await offline(codeOf());
      expect([body.expires_in, body.expires_at]).toEqual([null, null]);
      expect((await channels(body.access_token)).status).toBe(200);
    });

    it.each([
      ['json', 200, 400],
      ['form', 400, 200],
      ['either', 200, 200],
    ] as const)('the bodies are %s when set so', async (encoding, asJson, asForm) => {
      Object.assign(sandbox.fynd.settings, { onlineEncoding: encoding, offlineEncoding: encoding });
      expect((await online(codeOf())).status).toBe(asJson);
      expect((await online(codeOf(), { form: true })).status).toBe(asForm);
      const scope = 'company/saleschannel,company/product';
      expect((await offline(codeOf(), { scope })).status).toBe(asJson);
      expect((await offline(codeOf(), { scope }, { form: true })).status).toBe(asForm);
      expect(new Set(rules())).toEqual(new Set(asJson === asForm ? [] : ['wrong_content_type']));
    });

    it('the offline exchange is JSON unless set otherwise', async () => {
      const answer = await offline(codeOf(), { scope: 'company/product' }, { form: true });
      expect(answer.status).toBe(400);
      expect(rules()).toEqual(['wrong_content_type']);
    });

    it.each<[string, string, Record<string, unknown>, object]>([
      ['another grant type', 'unsupported_grant_type', { grant_type: 'refresh_token' }, {}],
      ['no code', 'missing_field', { code: undefined }, {}],
      ['an unknown code', 'unknown_code', { code: 'nope' }, {}],
      ['no client_id', 'missing_field', { client_id: undefined }, {}],
      ['no secret in the body', 'missing_field', { client_secret: undefined }, {}],
      ['a client_id that is not the header’s', 'two_credentials', { client_id: 'other' }, {}],
      ['a secret that is not the header’s', 'two_credentials', { client_secret: 'other' }, {}],
      ['no scope', 'missing_field', { scope: undefined }, {}],
      ['a scope list with something else in it', 'missing_field', { scope: [1] }, {}],
      ['more than was consented to', 'scope_too_wide', { scope: ['company/secrets'] }, {}],
      ['another company', 'wrong_company', {}, { company: 2 }],
      ['a text', 'wrong_content_type', {}, { type: 'text/plain' }],
    ])('offline, %s is refused as %s', async (_what, rule, changes, options) => {
      const { status, body } = await offline(codeOf(), changes, options);
      expect(status).toBe(400);
      expect(body.message).toEqual(expect.any(String));
      expect(rules()).toEqual([rule]);
    });

    it('online, a credential in the body is one too many', async () => {
      const { client_id, client_secret } = sandbox.fynd.extension;
      for (const more of [{ client_id }, { client_secret }]) {
        const fields = { grant_type: 'authorization_code', code: codeOf(), ...more };
        expect((await post('token', fields)).status).toBe(400);
      }
      expect(rules()).toEqual(['two_credentials', 'two_credentials']);
    });

    it('wants Basic with the present secret', async () => {
      const { client_id, client_secret } = sandbox.fynd.extension;
      sandbox.fynd.rotateClientSecret();
      const code = codeOf();
      for (const authorization of [basic(client_id, client_secret), basic('x', 'y'), 'Bearer x']) {
        expect((await online(code, { authorization })).status).toBe(401);
      }
      expect((await online(code)).status).toBe(200);
      expect(rules()).toEqual(['no_client_credentials']);
    });

    it('a code of another extension, or one that has expired, is refused', async () => {
      const other = sandbox.fynd.registerExtension({ extensionUrl: 'http://127.0.0.1:8' });
      const authorization = basic(other.client_id, other.client_secret);
      expect((await online(codeOf(), { authorization })).body.error).toBe('invalid_grant');
      expect(rules()).toEqual(['code_of_another_client']);
      sandbox.fynd.settings.codeSeconds = -1;
      expect((await online(codeOf())).body.error).toBe('invalid_grant');
    });

    it('a form with a field twice is refused', async () => {
      const response = await fetch(
        `${sandbox.fynd.url}/service/panel/authentication/v1.0/company/1/oauth/token`,
        {
          method: 'POST',
          headers: {
            authorization: ours(),
            'content-type': 'application/x-www-form-urlencoded',
          },
          body: `grant_type=authorization_code&code=${codeOf()}&code=x`,
        },
      );
      expect(response.status).toBe(400);
      expect(rules()).toEqual(['duplicate_parameter']);
    });
  });

  describe('the renewal', () => {
    it('is the guide’s, with the code of the install, and replaces the refresh token', async () => {
      const first = sandbox.fynd.issueOffline();
      const second = await renew(first.code, first.refresh_token);
      expect(second.status).toBe(200);
      expect(second.body.refresh_token).not.toBe(first.refresh_token);
      expect((await channels(second.body.access_token)).status).toBe(200);
      const third = await renew(first.code, second.body.refresh_token);
      expect(third.status).toBe(200);
      expect(rules()).toEqual([]);
      const again = await renew(first.code, first.refresh_token);
      expect([again.status, again.body.error]).toEqual([400, 'invalid_grant']);
      expect(rules()).toEqual(['rotated_refresh_token_reused']);
      expect(sandbox.fynd.audit()).toMatchObject({ refreshes: 3, committed: 2, reuse: 1 });
    });

    it('is the libraries’, with the refresh token alone, as a form', async () => {
      const first = sandbox.fynd.issueOffline();
      const second = await renewAsLibrary(first.refresh_token);
      expect(second.status).toBe(200);
      expect((await renew(first.code, second.body.refresh_token)).status).toBe(200);
      const json = await renewAsLibrary(second.body.refresh_token, { form: false });
      expect(json.status).toBe(400);
      expect(rules()).toEqual(['wrong_content_type']);
    });

    it.each([
      ['guide', 200, 400],
      ['library', 400, 200],
    ] as const)('is the %s’s alone when set so', async (way, asGuide, asLibrary) => {
      sandbox.fynd.settings.renewal = way;
      const [one, other] = [sandbox.fynd.issueOffline(), sandbox.fynd.issueOffline()];
      expect((await renew(one.code, one.refresh_token)).status).toBe(asGuide);
      expect((await renewAsLibrary(other.refresh_token)).status).toBe(asLibrary);
      expect(rules()).toEqual(['renewal_form']);
    });

    it('wants the code of its own grant, its company and its client', async () => {
      const { code, refresh_token } = sandbox.fynd.issueOffline();
      expect((await renew(codeOf(), refresh_token)).status).toBe(400);
      expect((await renew('', refresh_token)).status).toBe(400);
      expect((await renew(code, refresh_token, { company: 2 })).status).toBe(400);
      expect((await renew(code, 'nope')).status).toBe(400);
      const other = sandbox.fynd.registerExtension({ extensionUrl: 'http://127.0.0.1:8' });
      const authorization = basic(other.client_id, other.client_secret);
      expect((await renew(code, refresh_token, { authorization })).status).toBe(400);
      expect(rules()).toEqual([
        'wrong_code',
        'missing_field',
        'wrong_company',
        'unknown_refresh_token',
        'refresh_token_of_another_client',
      ]);
      expect((await renew(code, refresh_token)).status).toBe(200);
    });

    it('keeps the refresh token without rotation', async () => {
      sandbox.fynd.settings.rotation = false;
      const { code, refresh_token } = sandbox.fynd.issueOffline();
      for (let round = 0; round < 3; round += 1) {
        expect((await renew(code, refresh_token)).body.refresh_token).toBe(refresh_token);
      }
      expect(rules()).toEqual([]);
    });

    it('with a grace, the old one lives until the new tokens are used', async () => {
      sandbox.fynd.settings.grace = { kind: 'until_used' };
      const { code, refresh_token } = sandbox.fynd.issueOffline();
      await renew(code, refresh_token);
      const { status, body } = await renew(code, refresh_token);
      expect(status).toBe(200);
      await channels(body.access_token);
      expect((await renew(code, refresh_token)).status).toBe(400);
    });

    it('after an uninstall everything is dead, and users are asked again', async () => {
      const other = sandbox.fynd.registerExtension({ extensionUrl: 'http://127.0.0.1:8' });
      const unharmed = sandbox.fynd.issueOffline({ extension: other });
      const elsewhere = sandbox.fynd.issueOffline({ company_id: 2 });
      const { access_token, code, refresh_token } = sandbox.fynd.issueOffline();
      const pending = codeOf();
      expect((await get(authorizeUrl())).status).toBe(302);
      sandbox.fynd.uninstall(1);
      expect((await channels(access_token)).status).toBe(401);
      expect((await renew(code, refresh_token)).body.error).toBe('invalid_grant');
      expect((await online(pending)).body.error).toBe('invalid_grant');
      expect((await get(authorizeUrl())).status).toBe(200);
      expect((await channels(unharmed.access_token)).status).toBe(200);
      expect((await channels(elsewhere.access_token, 2)).status).toBe(200);
    });

    it('plays faults, and tells refusals in either form', async () => {
      const { code, refresh_token } = sandbox.fynd.issueOffline();
      const kind = 'drop_before_commit';
      sandbox.faults.add({ provider: 'fynd', on: 'token.refresh', fault: { kind } });
      await expect(renew(code, refresh_token)).rejects.toThrow();
      expect((await renew(code, refresh_token)).status).toBe(200);
      sandbox.faults.add({
        provider: 'fynd',
        on: 'api.sales-channels',
        fault: { kind: 'error', status: 403, error: 'Forbidden' },
      });
      const { access_token } = sandbox.fynd.issueOffline();
      expect(await (await channels(access_token)).json()).toEqual({ message: 'Forbidden' });
      expect((await channels(access_token)).status).toBe(200);
      sandbox.fynd.settings.errorStyle = 'message';
      const { body } = await renew(code, refresh_token);
      expect(body).toEqual({ message: expect.any(String) as string });
    });
  });

  describe('the Platform API', () => {
    it('shows each company its own', async () => {
      const one = sandbox.fynd.issueOffline({ company_id: 1 });
      const two = sandbox.fynd.issueOffline({ company_id: 2 });
      const answer = await channels(one.access_token, 1);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({
        items: [{ company_id: 1 }, { company_id: 1 }],
        page: { item_total: 2 },
      });
      expect((await channels(two.access_token, 1)).status).toBe(403);
      expect((await channels(two.access_token, 2)).status).toBe(200);
      expect(rules()).toEqual(['wrong_company']);
      expect(sandbox.fynd.apiCalls).toMatchObject([
        { account: '1', status: 200 },
        { account: '1', status: 403 },
        { account: '2', status: 200 },
      ]);
    });

    it('answers 401 without a good token, 403 without the scope, each with a message', async () => {
      const { access_token } = sandbox.fynd.issueOffline({ scopes: ['company/saleschannel'] });
      const missing = await products(access_token);
      expect(missing.status).toBe(403);
      expect(await missing.json()).toEqual({
        message: expect.stringContaining('company/product') as string,
      });
      sandbox.fynd.expireAccessTokens(2);
      expect((await channels(access_token)).status).toBe(200);
      sandbox.fynd.expireAccessTokens(1);
      const expired = await channels(access_token);
      expect(expired.status).toBe(401);
      expect(await expired.json()).toEqual({ message: 'Unauthorized' });
      expect((await channels('nope')).status).toBe(401);
      sandbox.fynd.settings.offlineTokenSeconds = 0;
      expect((await channels(sandbox.fynd.issueOffline().access_token)).status).toBe(401);
    });

    it('sees tokens in a URL and routes that do not exist', async () => {
      const { access_token } = sandbox.fynd.issueOffline();
      const path = '/service/platform/configuration/v1.0/company/1/application';
      const inQuery = await get(`${sandbox.fynd.url}${path}?access_token=${access_token}`);
      expect(inQuery.status).toBe(400);
      expect((await get(`${sandbox.fynd.url}${path}s`)).status).toBe(404);
      expect(rules()).toEqual(['token_in_query', 'unknown_route']);
    });

    it('tells an extension of itself, by Basic', async () => {
      const { client_id, scopes } = sandbox.fynd.extension;
      const url = `${sandbox.fynd.url}/service/panel/partners/v1.0/extensions/details/${client_id}`;
      const answer = await get(url, { authorization: ours() });
      expect(await answer.json()).toMatchObject({ base_url: EXTENSION_URL, scope: scopes });
      expect((await get(url)).status).toBe(401);
      expect((await get(url, { authorization: basic(client_id, 'x') })).status).toBe(401);
    });
  });

  it('issues for companies and scopes that exist', () => {
    expect(() => sandbox.fynd.issueOffline({ company_id: 9 })).toThrow('no company 9');
    expect(() => sandbox.fynd.issueOffline({ scopes: ['x'] })).toThrow('no scope "x"');
    expect(sandbox.fynd.issueOffline({ company_id: 2 })).toMatchObject({ company_id: 2 });
  });

  it('can be driven from other processes', async () => {
    const call = async (route: string, body: unknown) => {
      const response = await fetch(`${sandbox.url}/__sandbox/fynd/${route}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    const { body } = await call('issue-offline', { company_id: 2 });
    expect(body).toMatchObject({ company_id: 2, code: expect.any(String) as string });
    const approved = await call('approve', { authorize_url: authorizeUrl(), user: 'user_arun' });
    expect(approved.body.callback_url).toContain(`${EXTENSION_URL}/fp/auth?code=`);
    expect((await call('settings', { denial: 'redirect', offlineEncoding: 'form' })).body).toEqual(
      expect.objectContaining({ denial: 'redirect', offlineEncoding: 'form' }),
    );
    expect((await call('settings', { denial: 'x' })).status).toBe(400);
    await call('uninstall', { company_id: 2 });
    expect((await channels(String(body.access_token), 2)).status).toBe(401);
    const home = await (await get(`${sandbox.url}/`)).text();
    expect(home).toContain('/fynd/panel/company/1');
    for (const secret of sandbox.fynd.secretsSeen()) expect(home).not.toContain(secret);
  });
});
