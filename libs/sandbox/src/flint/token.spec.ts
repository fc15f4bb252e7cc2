import { createHash } from 'node:crypto';
import { Sandbox } from '../sandbox.js';
import { codeOf, FlintClient, REDIRECT_URI } from '../testing/flint-client.js';

describe('the token route', () => {
  let sandbox: Sandbox;
  let client: FlintClient;
  const rules = () => sandbox.flint.violations.map(({ rule }) => rule);

  beforeEach(async () => {
    sandbox = await Sandbox.start();
    client = new FlintClient(sandbox);
  });
  afterEach(() => sandbox.stop());

  it('P86: exchanges a code for exactly the documented fields', async () => {
    const url = client.authorizeUrl({ permission_ids: 'manage_orders,read_customers' });
    const callback = new URL(sandbox.flint.approve(url));
    expect(callback.origin + callback.pathname).toBe(REDIRECT_URI);
    expect([...callback.searchParams.keys()]).toEqual(['code', 'state', 'mode']);
    expect(callback.searchParams.get('state')).toBe('state-1');

    const { status, body, headers } = await client.exchange(codeOf(callback.href));
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    const [install] = sandbox.flint.installs;
    expect(body).toEqual({
      access_token: expect.stringMatching(/^eyJ/) as string,
      token_type: 'bearer',
      expires_in: 3600,
      refresh_token: expect.stringMatching(/^fprt_/) as string,
      scope: 'commerce.orders.read commerce.orders.write customers.customers.read',
      merchant_id: 'mer_acorn',
      partner_app_id: 'papp_sandbox',
      partner_app_install_id: install?.partner_app_install_id,
      environment_grant_id: install?.environment_grants[0]?.environment_grant_id,
      mode: 'test',
    });
    expect(sandbox.flint.violations).toEqual([]);
    expect(sandbox.flint.tokenCalls).toEqual([
      expect.objectContaining({
        id: 1,
        grant_type: 'authorization_code',
        outcome: 'issued',
        committed: true,
        answered: true,
        status: 200,
        merchant_id: 'mer_acorn',
        client_id: 'fpc_sandbox',
      }),
    ]);
  });

  it('P86: replaces the refresh token and ends the family when the old one comes back', async () => {
    const first = await client.install();
    const second = (await client.refresh(first.refresh_token)).body;
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(second.environment_grant_id).toBe(first.environment_grant_id);
    expect((await client.api('/v1/orders', first.access_token)).status).toBe(200);

    const reused = await client.refresh(first.refresh_token);
    expect([reused.status, reused.body.error]).toEqual([400, 'invalid_grant']);
    expect(rules()).toEqual(['rotated_refresh_token_reused']);
    expect((await client.refresh(second.refresh_token)).body.error).toBe('invalid_grant');
    expect((await client.api('/v1/orders', second.access_token)).status).toBe(401);
    expect(sandbox.flint.audit()).toMatchObject({ reuse: 1, reuseAfterAnswer: 1, overlaps: 0 });
    expect(sandbox.flint.tokenCalls.map(({ reuse }) => reuse)).toEqual([false, false, true, false]);
  });

  it('without reuse detection keeps the family', async () => {
    sandbox.flint.settings.reuseDetection = false;
    const first = sandbox.flint.issue();
    const second = (await client.refresh(first.refresh_token)).body;
    expect((await client.refresh(first.refresh_token)).status).toBe(400);
    expect((await client.refresh(second.refresh_token)).status).toBe(200);
  });

  it('without rotation answers the same refresh token', async () => {
    sandbox.flint.settings.rotation = false;
    const first = sandbox.flint.issue();
    const second = (await client.refresh(first.refresh_token)).body;
    expect(second.refresh_token).toBe(first.refresh_token);
    expect(second.access_token).not.toBe(first.access_token);
  });

  it('under a grace of seconds takes the old token again, and no longer', async () => {
    sandbox.flint.settings.grace = { kind: 'seconds', seconds: 3600 };
    const first = sandbox.flint.issue();
    const second = (await client.refresh(first.refresh_token)).body;
    const third = await client.refresh(first.refresh_token);
    expect(third.status).toBe(200);
    expect(third.body.refresh_token).not.toBe(second.refresh_token);
    sandbox.flint.settings.grace = { kind: 'seconds', seconds: 0 };
    expect((await client.refresh(first.refresh_token)).body.error).toBe('invalid_grant');
  });

  it.each(['refresh token', 'access token'])(
    'under until_used takes the old token until the new %s is used',
    async (used) => {
      sandbox.flint.settings.grace = { kind: 'until_used' };
      const first = sandbox.flint.issue();
      const second = (await client.refresh(first.refresh_token)).body;
      const third = await client.refresh(first.refresh_token);
      expect(third.status).toBe(200);
      if (used === 'refresh token') await client.refresh(second.refresh_token);
      else await client.api('/v1/orders', third.body.access_token);
      expect((await client.refresh(first.refresh_token)).body.error).toBe('invalid_grant');
    },
  );

  it('P86: takes a code once; a second time ends what it gave', async () => {
    const code = codeOf(sandbox.flint.approve(client.authorizeUrl()));
    const first = (await client.exchange(code)).body;
    expect((await client.exchange(code)).body.error).toBe('invalid_grant');
    expect((await client.api('/v1/orders', first.access_token)).status).toBe(401);
    expect((await client.refresh(first.refresh_token)).body.error).toBe('invalid_grant');
    expect(rules()).toEqual(['code_reused']);
  });

  it('binds a code to its redirect URI, its client and its time', async () => {
    const approve = () => codeOf(sandbox.flint.approve(client.authorizeUrl()));
    const other = 'http://127.0.0.1:3000/flint/oauth/callback';
    expect((await client.exchange(approve(), other)).body.error).toBe('invalid_grant');

    const further = sandbox.flint.registerApp({ redirect_uris: [REDIRECT_URI] });
    const stranger = new FlintClient(sandbox, further);
    expect((await stranger.exchange(approve())).body.error).toBe('invalid_grant');
    expect(rules()).toEqual(['redirect_uri_mismatch', 'code_of_another_client']);

    sandbox.flint.settings.codeSeconds = -1;
    expect((await client.exchange(approve())).body.error).toBe('invalid_grant');
  });

  it('refuses what another client was given, and what nobody was given', async () => {
    const { refresh_token } = sandbox.flint.issue();
    const stranger = new FlintClient(
      sandbox,
      sandbox.flint.registerApp({ redirect_uris: [REDIRECT_URI] }),
    );
    expect((await stranger.refresh(refresh_token)).body.error).toBe('invalid_grant');
    expect((await client.refresh('fprt_nobody')).body.error).toBe('invalid_grant');
    expect((await client.exchange('fpac_nobody')).body.error).toBe('invalid_grant');
    expect((await client.refresh(refresh_token)).status).toBe(200);
    expect(rules()).toEqual([
      'refresh_token_of_another_client',
      'unknown_refresh_token',
      'unknown_code',
    ]);
  });

  describe('a form that is wrong', () => {
    const form = 'grant_type=refresh_token&refresh_token=x';
    it.each([
      ['wrong_content_type', form, { 'content-type': 'application/json' }],
      ['wrong_content_type', form, { 'content-type': 'text/plain' }],
      ['duplicate_parameter', `${form}&refresh_token=y`, {}],
      ['missing_field', 'refresh_token=x', {}],
      ['missing_field', 'grant_type=refresh_token', {}],
      ['missing_field', 'grant_type=authorization_code&code=x', {}],
      ['missing_field', `grant_type=authorization_code&redirect_uri=${REDIRECT_URI}`, {}],
    ])('is refused: %s', async (rule, body, headers) => {
      const answer = await client.token(body, headers);
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
      expect(rules()).toEqual([rule]);
    });

    it('is refused: another grant type', async () => {
      const answer = await client.token({ grant_type: 'client_credentials' });
      expect([answer.status, answer.body.error]).toEqual([400, 'unsupported_grant_type']);
    });

    it('is refused: parameters in the query', async () => {
      const response = await fetch(`${sandbox.flint.url}/v1/oauth/token?${form}`, {
        method: 'POST',
        headers: {
          authorization: client.basic(),
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: form,
      });
      expect(response.status).toBe(400);
      expect(rules()).toEqual(['token_in_query']);
    });
  });

  describe('client authentication', () => {
    const grant = () => ({
      grant_type: 'refresh_token',
      refresh_token: sandbox.flint.issue().refresh_token,
    });
    const inBody = () => ({
      client_id: sandbox.flint.app.client_id,
      client_secret: sandbox.flint.app.client_secret,
    });
    const post = (form: Record<string, string>, headers: Record<string, string> = {}) =>
      fetch(`${sandbox.flint.url}/v1/oauth/token`, {
        method: 'POST',
        headers,
        body: new URLSearchParams(form),
      });

    it('refuses a wrong secret with a challenge', async () => {
      const answer = await client.token(grant(), { authorization: client.basic('fps_wrong') });
      expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
      expect(sandbox.flint.tokenCalls[0]).toMatchObject({ outcome: 'refused', committed: false });
    });

    it('refuses none, and what is not Basic', async () => {
      expect((await post(grant())).status).toBe(401);
      expect((await post(grant(), { authorization: 'Bearer x' })).status).toBe(401);
      expect((await post(grant(), { authorization: 'Basic !' })).status).toBe(401);
      expect(rules()).toEqual(['no_client_credentials', 'malformed_basic', 'malformed_basic']);
    });

    it('takes the body only when told to', async () => {
      expect((await post({ ...grant(), ...inBody() })).status).toBe(401);
      sandbox.flint.settings.clientAuthentication = 'body';
      expect((await post({ ...grant(), ...inBody() })).status).toBe(200);
      expect((await client.token(grant())).status).toBe(401);
      sandbox.flint.settings.clientAuthentication = 'either';
      expect((await post({ ...grant(), ...inBody() })).status).toBe(200);
      expect((await client.token(grant())).status).toBe(200);
      expect(rules()).toEqual(['client_authentication_method', 'client_authentication_method']);
    });

    it('P86: always refuses two credentials on one request', async () => {
      sandbox.flint.settings.clientAuthentication = 'either';
      const both = await client.token({ ...grant(), ...inBody() });
      expect([both.status, both.body.error]).toEqual([400, 'invalid_request']);
      expect((await client.token(grant(), { 'x-api-key': 'k' })).status).toBe(400);
      expect(rules()).toEqual(['two_credentials', 'two_credentials']);
    });

    it('form-decodes id and secret', async () => {
      await sandbox.stop();
      const clientSecret = 'a b+c%d:e é';
      sandbox = await Sandbox.start({ flint: { clientSecret } });
      client = new FlintClient(sandbox);
      const encoded = encodeURIComponent(clientSecret).replaceAll('%20', '+');
      const header = { authorization: client.basic(encoded) };
      expect((await client.token(grant(), header)).status).toBe(200);
      expect((await client.token(grant())).status).toBe(401);
    });

    it('P86: refuses the old secret once it was rotated', async () => {
      const old = client.basic();
      sandbox.flint.rotateClientSecret();
      expect((await client.token(grant(), { authorization: old })).status).toBe(401);
      expect((await client.token(grant())).status).toBe(200);
    });
  });

  it('keeps the grant of a re-install and ends its older tokens', async () => {
    const first = await client.install();
    const code = codeOf(sandbox.flint.approve(client.authorizeUrl()));
    expect((await client.api('/v1/orders', first.access_token)).status).toBe(200);
    const second = (await client.exchange(code)).body;
    expect(second.environment_grant_id).toBe(first.environment_grant_id);
    expect(second.partner_app_install_id).toBe(first.partner_app_install_id);
    expect((await client.api('/v1/orders', first.access_token)).status).toBe(401);
    expect((await client.refresh(first.refresh_token)).body.error).toBe('invalid_grant');
    expect((await client.refresh(second.refresh_token)).status).toBe(200);
  });

  it('or makes a new grant that replaces the old one', async () => {
    sandbox.flint.settings.reuseGrants = false;
    const first = await client.install();
    const second = await client.install();
    const live = await client.install({ mode: 'live' });
    expect(second.environment_grant_id).not.toBe(first.environment_grant_id);
    expect(live.partner_app_install_id).toBe(first.partner_app_install_id);
    const [install, ...others] = sandbox.flint.installs;
    expect(others).toEqual([]);
    expect(install?.environment_grants.map(({ status, mode }) => [status, mode])).toEqual([
      ['revoked', 'test'],
      ['active', 'test'],
      ['active', 'live'],
    ]);
    expect((await client.refresh(first.refresh_token)).body.error).toBe('invalid_grant');
  });

  it('P86: ends tokens with their grant, and grants with their install', async () => {
    const test = await client.install();
    const live = await client.install({ mode: 'live' });
    sandbox.flint.revokeGrant(test.environment_grant_id);
    expect((await client.api('/v1/orders', test.access_token)).status).toBe(401);
    expect((await client.refresh(test.refresh_token)).body.error).toBe('invalid_grant');
    expect((await client.api('/v1/orders', live.access_token)).status).toBe(200);

    sandbox.flint.revokeInstall(test.partner_app_install_id);
    expect((await client.api('/v1/orders', live.access_token)).status).toBe(401);
    expect(sandbox.flint.violations).toEqual([]);

    const again = await client.install();
    expect(again.partner_app_install_id).not.toBe(test.partner_app_install_id);
    expect(() => sandbox.flint.revokeGrant('egrt_nobody')).toThrow('no environment grant');
  });

  it('a code approved before its grant was revoked yields nothing', async () => {
    const { environment_grant_id } = await client.install();
    const code = codeOf(sandbox.flint.approve(client.authorizeUrl()));
    sandbox.flint.revokeGrant(environment_grant_id);
    expect((await client.exchange(code)).body.error).toBe('invalid_grant');
  });

  it('sees two calls in flight with one refresh token', async () => {
    const { refresh_token } = sandbox.flint.issue();
    const hold = sandbox.faults.add({ on: 'token.refresh', fault: { kind: 'hold' } });
    const first = client.refresh(refresh_token);
    await hold.reached;
    const second = await client.refresh(refresh_token);
    hold.release();
    expect((await first).status).toBe(200);
    expect(second.body.error).toBe('invalid_grant');
    expect(rules()).toEqual(['overlapping_refresh']);
    const { spends, spentMoreThanOnce, ...sums } = sandbox.flint.audit();
    expect(sums).toMatchObject({
      overlaps: 1,
      reuse: 1,
      reuseAfterAnswer: 0,
      refreshes: 2,
      committed: 1,
    });
    expect([...spends.values()]).toEqual([2]);
    expect(spentMoreThanOnce.size).toBe(1);
    expect(sandbox.flint.tokenCalls.map(({ overlap }) => overlap)).toEqual([true, true]);
    sandbox.reset();
    expect(sandbox.flint.audit()).toMatchObject({ calls: 0, overlaps: 0, reuse: 0 });
    expect(sandbox.flint.violations).toEqual([]);
  });

  it('P85: keeps secrets out of the records, and knows them all', async () => {
    const { access_token, refresh_token } = await client.install();
    await client.refresh(refresh_token);
    await client.token({ grant_type: 'refresh_token', refresh_token: 'fprt_received_only' });
    await client.api('/v1/orders', access_token);
    const { tokenCalls, apiCalls, violations } = sandbox.flint;
    const seen = sandbox.flint.secretsSeen();
    const digest = createHash('sha256').update(refresh_token).digest('hex');
    expect(tokenCalls[1]?.token_fingerprint).toBe(digest.slice(0, 16));
    const records = JSON.stringify({ tokenCalls, apiCalls, violations });
    expect(seen.filter((secret) => records.includes(secret))).toEqual([]);
    expect(seen).toEqual(
      expect.arrayContaining([access_token, refresh_token, 'fprt_received_only']),
    );
    expect(seen).toContain(sandbox.flint.app.client_secret);
  });

  it('issues many grants at once, each of another merchant', () => {
    const answers = sandbox.flint.issue({ count: 5000, mode: 'live' });
    expect(new Set(answers.map(({ merchant_id }) => merchant_id)).size).toBe(5000);
    const own = sandbox.flint.issue({ merchant_id: 'mer_birch', count: 3 });
    expect(new Set(own.map(({ environment_grant_id }) => environment_grant_id)).size).toBe(3);
    expect(new Set(own.map(({ partner_app_install_id }) => partner_app_install_id)).size).toBe(1);
    expect(() => sandbox.flint.issue({ merchant_id: 'mer_cedar', mode: 'live' })).toThrow(
      'onboarding',
    );
  });

  it('puts a canary into every secret', async () => {
    const other = await Sandbox.start({ flint: { tokenPrefix: 'CANARY' } });
    const { access_token, refresh_token } = other.flint.issue();
    for (const secret of [access_token, refresh_token, other.flint.app.client_secret]) {
      expect(secret).toContain('CANARY');
    }
    await other.stop();
  });
});
