import { request } from 'undici';
import { Sandbox } from '../sandbox.js';
import { FlintClient } from '../testing/flint-client.js';

type Json = Record<string, unknown>;

describe('the control routes', () => {
  let sandbox: Sandbox;
  let client: FlintClient;

  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${sandbox.url}/__sandbox/${path}`, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Json };
  };

  beforeEach(async () => {
    sandbox = await Sandbox.start();
    client = new FlintClient(sandbox);
  });
  afterEach(() => sandbox.stop());

  it('put faults in place, list them, release them and take them away', async () => {
    const fault = { kind: 'hold' };
    const added = await call('POST', 'faults', { on: 'token', times: 'always', fault });
    expect(added).toEqual({ status: 200, body: { id: 1, remaining: 'always' } });
    const { refresh_token } = sandbox.flint.issue();
    const answer = client.refresh(refresh_token);
    for (let waiting = 0; waiting !== 1;) {
      const { body } = await call('GET', 'faults');
      waiting = (body['data'] as { waiting: number }[])[0]?.waiting ?? 0;
    }
    await call('POST', 'faults/release', { id: 1 });
    expect((await answer).status).toBe(200);
    await call('DELETE', 'faults');
    expect((await call('GET', 'faults')).body).toEqual({ data: [] });
  });

  it('install, issue, expire and revoke', async () => {
    const { body: issued } = await call('POST', 'flint/issue', { merchant_id: 'mer_birch' });
    const { access_token, environment_grant_id } = issued['data'] as Record<string, string>;
    expect((await client.api('/v1/orders', access_token ?? '')).status).toBe(200);
    await call('POST', 'flint/expire-access-tokens', { environment_grant_id });
    expect((await client.api('/v1/orders', access_token ?? '')).status).toBe(401);

    const { body: approved } = await call('POST', 'flint/approve', {
      authorize_url: client.authorizeUrl(),
      merchant_id: 'mer_cedar',
    });
    expect(approved['callback_url']).toContain('code=fpac_');
    await call('POST', 'flint/revoke-grant', { environment_grant_id });
    const { body: installs } = await call('GET', 'flint/installs');
    const [first] = installs['data'] as { partner_app_install_id: string; status: string }[];
    expect(first).toMatchObject({ environment_grants: [{ status: 'revoked' }], status: 'active' });
    await call('POST', 'flint/revoke-install', {
      partner_app_install_id: first?.partner_app_install_id,
    });
    expect(sandbox.flint.installs[0]?.status).toBe('revoked');
    const many = await call('POST', 'flint/issue', { count: 3 });
    expect(many.body['data']).toHaveLength(3);
  });

  it('change settings and the client secret', async () => {
    const changed = await call('POST', 'flint/settings', {
      accessTokenSeconds: 5,
      grace: { kind: 'seconds', seconds: 9 },
      scopesOverride: 'a b',
    });
    expect(changed.body).toMatchObject({ accessTokenSeconds: 5, rotation: true });
    expect(sandbox.flint.settings.grace).toEqual({ kind: 'seconds', seconds: 9 });
    await call('POST', 'flint/settings', { scopesOverride: null });
    expect(sandbox.flint.settings.scopesOverride).toBeUndefined();
    const before = sandbox.flint.app.client_secret;
    const { body } = await call('POST', 'flint/rotate-client-secret');
    expect(body['client_secret']).toBe(sandbox.flint.app.client_secret);
    expect(body['client_secret']).not.toBe(before);
    await call('POST', 'flint/redirect-uris', { redirect_uri: 'http://localhost:9/cb' });
    expect(sandbox.flint.app.redirect_uris).toContain('http://localhost:9/cb');
  });

  it('P84: show what was seen, in pages, and forget it', async () => {
    const { refresh_token } = sandbox.flint.issue();
    const other = sandbox.flint.issue({ merchant_id: 'mer_birch' });
    sandbox.flint.settings.accessTokenSeconds = 77;
    for (let index = 0; index < 3; index += 1) await client.refresh(refresh_token);
    const page = await call('GET', 'flint/token-calls?after=1&limit=1');
    expect(page.body).toMatchObject({ data: [{ id: 2 }], total: 3, next: 2 });
    const audit = (await call('GET', 'flint/audit')).body;
    expect(audit).toMatchObject({ calls: 3, refreshes: 3, tokens: 1, overlaps: 0, reuse: 1 });
    expect(Object.values(audit['spentMoreThanOnce'] as Json)).toEqual([3]);
    expect((await call('GET', 'flint/violations')).body).toMatchObject({ total: 1 });
    expect((await call('GET', 'flint/secrets-seen')).body['data']).toContain(refresh_token);
    const state = (await call('GET', 'state')).body;
    expect(state).toMatchObject({
      url: sandbox.url,
      providers: ['flint', 'flinks-pay', 'fynd', 'flute', 'flex-pay'],
      flint: { token_calls: 3 },
    });
    expect(JSON.stringify(state)).not.toContain(sandbox.flint.app.client_secret);
    await call('POST', 'reset');
    expect((await call('GET', 'flint/api-calls')).body).toEqual({ data: [], total: 0 });
    expect(sandbox.flint.tokenCalls).toEqual([]);
    expect(sandbox.flint.violations).toEqual([]);
    expect(sandbox.flint.installs).toHaveLength(2);
    expect(sandbox.flint.settings.accessTokenSeconds).toBe(77);
    expect((await client.refresh(other.refresh_token)).status).toBe(200);
  });

  it.each([
    ['faults', { on: 'x', fault: {} }, 'on', 'one of token'],
    ['faults', { on: 'token', fault: { kind: 'delay', ms: -1 } }, 'fault.ms', 'milliseconds'],
    ['faults', { on: 'token', often: 1, fault: { kind: 'hang' } }, 'often', 'no such field'],
    ['flint/settings', { acessTokenSeconds: 1 }, 'acessTokenSeconds', 'no such field'],
    ['flint/settings', { grace: { kind: 'x' } }, 'grace.kind', 'one of none'],
    ['flint/issue', { mode: 'both' }, 'mode', 'one of test, live'],
    ['flint/issue', { count: 'many' }, 'count', 'a whole number of grants'],
    ['flint/revoke-grant', {}, 'environment_grant_id', 'a non-empty text'],
    ['flint/rotate-client-secret', { client_id: 'x' }, 'client_id', 'a registered app'],
    ['flint/approve', [], 'body', 'a JSON object'],
  ])('P83: name what is wrong: %s %j', async (path, body, field, expected) => {
    const answer = await call('POST', path, body);
    expect(answer.status).toBe(400);
    expect(answer.body['error']).toMatchObject({
      field,
      expected: expect.stringContaining(expected) as string,
    });
  });

  it('P83: refuse what is not JSON, what is not there, and unknown ids', async () => {
    const url = `${sandbox.url}/__sandbox/faults`;
    const text = await fetch(url, { method: 'POST', body: '{}' });
    expect(text.status).toBe(415);
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(url, { method: 'POST', headers, body: '{' })).status).toBe(400);
    const missing = await call('GET', 'nothing');
    expect(missing.status).toBe(404);
    expect(JSON.stringify(missing.body)).toContain('GET flint/token-calls');
    expect((await call('POST', 'flint/revoke-grant', { environment_grant_id: 'x' })).status).toBe(
      400,
    );
    expect((await call('POST', 'faults/release', { id: 7 })).status).toBe(400);
  });

  describe('are closed to', () => {
    it.each(['evil.example', 'evil.example:80', '10.0.0.1', '127.0.0.1.evil.example', ''])(
      'P83: the host name %j',
      async (host) => {
        for (const path of ['/', '/__sandbox/state', '/__sandbox/flint/secrets-seen']) {
          const answer = await request(sandbox.url + path, { headers: { host } });
          expect(answer.statusCode).toBe(host === '' && answer.statusCode === 400 ? 400 : 403);
          await answer.body.dump();
        }
      },
    );

    it.each<[string, Record<string, string>]>([
      ['another origin', { origin: 'http://evil.example' }],
      ['another port', { origin: 'http://127.0.0.1:1' }],
      ['no origin to speak of', { origin: 'null' }],
      ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
      ['a page of another port', { 'sec-fetch-site': 'same-site' }],
    ])('P83: %s', async (_, headers) => {
      const response = await fetch(`${sandbox.url}/__sandbox/reset`, { method: 'POST', headers });
      expect(response.status).toBe(403);
      const form = await fetch(`${sandbox.url}/__sandbox/form`, {
        method: 'POST',
        headers,
        body: new URLSearchParams({ route: 'POST reset' }),
      });
      expect(form.status).toBe(403);
    });
  });

  describe('the home page', () => {
    it('lists what is there, escaped, and has buttons that work without script', async () => {
      await client.token({ grant_type: '<script>alert(1)</script>' });
      sandbox.flint.issue();
      const response = await fetch(sandbox.url);
      const page = await response.text();
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(page).toContain('mer_birch');
      expect(page).toContain('&lt;script&gt;');
      expect(page).not.toContain('<script');
      expect(page).not.toContain(sandbox.flint.app.client_secret);

      const pressed = await fetch(`${sandbox.url}/__sandbox/form`, {
        method: 'POST',
        redirect: 'manual',
        headers: { origin: sandbox.url },
        body: new URLSearchParams({
          route: 'POST faults',
          body: JSON.stringify({ on: 'token', fault: { kind: 'status', status: 503 } }),
        }),
      });
      expect([pressed.status, pressed.headers.get('location')]).toEqual([303, '/']);
      expect(sandbox.faults.list()).toHaveLength(1);
      expect((await fetch(`${sandbox.url}/nothing`)).status).toBe(404);
    });
  });
});
