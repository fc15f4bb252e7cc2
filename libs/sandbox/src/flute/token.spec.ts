import { Sandbox } from '../sandbox.js';
import type { FluteEnvironment } from './flute-environment.js';
import type { FluteKey } from './flute-key.js';
import type { FluteTokenAnswer } from './flute-token.js';

type Body = FluteTokenAnswer & { error?: string; error_description?: string };

describe('the token routes of Flute', () => {
  let sandbox: Sandbox;
  const rules = () => sandbox.flute.violations.map(({ rule }) => rule);

  beforeEach(async () => {
    sandbox = await Sandbox.start({ providers: ['flute'] });
  });
  afterEach(() => sandbox.stop());

  const basic = ({ client_id, client_secret }: FluteKey = sandbox.flute.key) =>
    `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`;

  async function post(
    form: Record<string, string> | string,
    headers: Record<string, string> = {},
    environment: FluteEnvironment = 'sandbox',
  ) {
    const response = await fetch(sandbox.flute.tokenUrl(environment), {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(form).toString(),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? {} : JSON.parse(text)) as Body,
    };
  }
  const NEW = { grant_type: 'client_credentials', scope: 'offline_access' };
  const obtain = (environment: FluteEnvironment = 'sandbox', key?: FluteKey) =>
    post(NEW, { authorization: basic(key) }, environment);
  const refresh = (refresh_token = '', environment: FluteEnvironment = 'sandbox', key?: FluteKey) =>
    post(
      { grant_type: 'refresh_token', refresh_token },
      { authorization: basic(key) },
      environment,
    );

  it('answer client credentials with exactly the documented fields', async () => {
    const { status, headers, body } = await obtain();
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({
      access_token: expect.stringMatching(/^fat_/) as string,
      refresh_token: expect.stringMatching(/^frt_/) as string,
      token_type: 'Bearer',
      expires_in: 3600,
    });
    expect(sandbox.flute.tokenCalls).toEqual([
      expect.objectContaining({
        grant_type: 'client_credentials',
        client_id: 'flute_sandbox',
        account: 'sandbox',
        outcome: 'issued',
        committed: true,
        status: 200,
      }),
    ]);
    expect(sandbox.flute.violations).toEqual([]);
  });

  it('replace the refresh token; the old one is refused', async () => {
    const first = (await obtain()).body;
    const second = await refresh(first.refresh_token);
    expect(second.status).toBe(200);
    expect(second.body.refresh_token).not.toBe(first.refresh_token);
    const again = await refresh(first.refresh_token);
    expect([again.status, again.body.error]).toEqual([400, 'invalid_grant']);
    expect((await refresh(second.body.refresh_token)).status).toBe(200);
    expect(rules()).toEqual(['rotated_refresh_token_reused']);
    expect(sandbox.flute.audit()).toMatchObject({ refreshes: 3, committed: 2, reuse: 1 });
  });

  it('without rotation keep it; without refresh tokens give none', async () => {
    sandbox.flute.settings.rotation = false;
    const first = (await obtain()).body;
    expect((await refresh(first.refresh_token)).body.refresh_token).toBe(first.refresh_token);
    sandbox.flute.settings.refreshTokens = false;
    expect((await obtain()).body).not.toHaveProperty('refresh_token');
  });

  it('an answer without a refresh token leaves the old one good', async () => {
    const first = (await obtain()).body;
    sandbox.faults.add({
      on: 'token.refresh',
      fault: { kind: 'answer', omit: ['refresh_token'] },
    });
    expect((await refresh(first.refresh_token)).body).not.toHaveProperty('refresh_token');
    expect((await refresh(first.refresh_token)).status).toBe(200);
  });

  it('refuse refresh tokens that have ended or are nobody’s', async () => {
    const { refresh_token } = (await obtain()).body;
    sandbox.flute.expireRefreshTokens();
    expect((await refresh(refresh_token)).body.error).toBe('invalid_grant');
    expect(rules()).toEqual([]);
    expect((await refresh('frt_nobody')).body.error).toBe('invalid_grant');
    const other = sandbox.flute.addKey();
    const live = (await obtain()).body;
    expect((await refresh(live.refresh_token, 'sandbox', other)).status).toBe(400);
    expect(rules()).toEqual(['unknown_refresh_token', 'refresh_token_of_another_client']);
  });

  it('never take keys and tokens of the other environment', async () => {
    const own = sandbox.flute.addKey({ environments: ['production'] });
    expect((await obtain('production', own)).status).toBe(200);
    const key = await obtain('sandbox', own);
    expect([key.status, key.body.error]).toEqual([401, 'invalid_client']);
    const { refresh_token } = (await obtain('sandbox')).body;
    const token = await refresh(refresh_token, 'production');
    expect([token.status, token.body.error]).toEqual([400, 'invalid_grant']);
    expect(rules()).toEqual(['wrong_environment', 'wrong_environment']);
    expect((await refresh(refresh_token)).status).toBe(200);
  });

  describe('client authentication', () => {
    const inBody = () => ({
      ...NEW,
      client_id: sandbox.flute.key.client_id,
      client_secret: sandbox.flute.key.client_secret,
    });

    it('by Basic or in the body, as the settings say', async () => {
      expect((await post(inBody())).status).toBe(200);
      sandbox.flute.settings.clientAuthentication = 'basic';
      expect((await post(inBody())).body.error).toBe('invalid_client');
      sandbox.flute.settings.clientAuthentication = 'body';
      expect((await post(inBody())).status).toBe(200);
      expect((await obtain()).status).toBe(401);
      expect(rules()).toEqual(['client_authentication_method', 'client_authentication_method']);
    });

    it('never twice, never none, never wrong', async () => {
      expect((await post(inBody(), { authorization: basic() })).status).toBe(400);
      const none = await post(NEW);
      expect([none.status, none.body.error]).toEqual([400, 'invalid_request']);
      expect(none.body.error_description).toContain('client_id');
      expect((await post(NEW, { authorization: 'Bearer x' })).status).toBe(401);
      expect(rules()).toEqual(['two_credentials', 'no_client_credentials', 'malformed_basic']);
      const old = basic();
      sandbox.flute.replaceSecret();
      expect((await post(NEW, { authorization: old })).body.error).toBe('invalid_client');
      expect((await obtain()).status).toBe(200);
      sandbox.flute.deleteKey('flute_sandbox');
      expect((await obtain()).body.error).toBe('invalid_client');
    });
  });

  it.each([
    ['missing_field', 'invalid_request', 'scope=offline_access', {}],
    ['missing_field', 'invalid_request', 'grant_type=client_credentials', {}],
    ['missing_field', 'invalid_request', 'grant_type=refresh_token', {}],
    ['unknown_scope', 'invalid_scope', 'grant_type=client_credentials&scope=all', {}],
    ['unsupported_grant_type', 'unsupported_grant_type', 'grant_type=password', {}],
    [
      'duplicate_parameter',
      'invalid_request',
      'grant_type=client_credentials&scope=offline_access&scope=x',
      {},
    ],
    [
      'wrong_content_type',
      'invalid_request',
      'grant_type=client_credentials&scope=offline_access',
      { 'content-type': 'application/json' },
    ],
  ])('refuse a wrong form: %s, %s, %s', async (rule, error, form, headers) => {
    const answer = await post(form, { authorization: basic(), ...headers });
    expect([answer.status, answer.body.error]).toEqual([400, error]);
    expect(rules()).toEqual([rule]);
  });

  it('need no scope when set so', async () => {
    sandbox.flute.settings.scopeRequired = false;
    const answer = await post({ grant_type: 'client_credentials' }, { authorization: basic() });
    expect(answer.status).toBe(200);
    expect(rules()).toEqual([]);
  });

  it('are not on the API host: 404 with an empty body', async () => {
    const response = await fetch(`${sandbox.flute.apiUrl('sandbox')}/v2/oauth2/token`, {
      method: 'POST',
    });
    expect([response.status, await response.text()]).toEqual([404, '']);
    expect(rules()).toEqual(['token_on_api_host']);
  });

  it('play faults in their own form, for one environment alone if so told', async () => {
    sandbox.faults.add({
      on: 'token',
      account: 'production',
      fault: { kind: 'rate_limit', retryAfter: 7 },
    });
    expect((await obtain('sandbox')).status).toBe(200);
    const limited = await obtain('production');
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7']);
    sandbox.faults.add({
      on: 'token.refresh',
      fault: { kind: 'error', error: 'invalid_grant', status: 401 },
    });
    const { refresh_token } = (await obtain()).body;
    const refused = await refresh(refresh_token);
    expect([refused.status, refused.body.error]).toEqual([401, 'invalid_grant']);
  });

  it('see two calls in flight with one refresh token', async () => {
    const { refresh_token } = (await obtain()).body;
    const hold = sandbox.faults.add({ on: 'token.refresh', fault: { kind: 'hold' } });
    const first = refresh(refresh_token);
    await hold.reached;
    expect((await refresh(refresh_token)).body.error).toBe('invalid_grant');
    hold.release();
    expect((await first).status).toBe(200);
    expect(rules()).toEqual(['overlapping_refresh']);
  });

  it('keep secrets out of the records, know them all, and put the canary into each', async () => {
    const other = await Sandbox.start({ providers: ['flute'], flute: { tokenPrefix: 'CANARY' } });
    await sandbox.stop();
    sandbox = other;
    const { access_token, refresh_token } = (await obtain()).body;
    await refresh(refresh_token);
    await refresh('frt_received_only');
    const { tokenCalls, apiCalls, violations, key } = sandbox.flute;
    const seen = sandbox.flute.secretsSeen();
    const records = JSON.stringify({ tokenCalls, apiCalls, violations });
    expect(seen.filter((secret) => records.includes(secret))).toEqual([]);
    for (const secret of [access_token, refresh_token, key.client_secret]) {
      expect(secret).toContain('CANARY');
      expect(seen).toContain(secret);
    }
    expect(seen).toContain('frt_received_only');
  });
});
