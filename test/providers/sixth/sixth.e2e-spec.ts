import type { ContractBrowser } from '@nest-flock/core/testing';
import { createHash } from 'node:crypto';
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConnectionService, TokenService } from '@nest-flock/core';
import type { TokenRequest, TokenResponse } from '@nest-flock/core';
import { FlexPayModule } from '@nest-flock/flex-pay';
import { Database } from '../../../libs/core/src/foundation/database/database.js';
import { UndiciTokenTransport } from '../../../libs/core/src/foundation/http/undici-token-transport.js';
import { parametersOf } from '../../../libs/core/src/testing/contract/wire-secrets.js';
import { approve } from './approve.js';
import { HarborMachinesApi } from './harbor-machines.js';
import { startHarbor } from './harbor-suite.js';
import type { HarborSuite } from './harbor-suite.js';
import { HarborApi } from './harbor.js';
import { machineClient, startOidcServer } from './oidc-server.js';
import { DATABASES, sqliteDatabase } from '../../support/databases.js';
import type { TestDatabase } from '../../support/databases.js';
import { failureOf, until } from '../../support/poll.js';
import { startWebhookHost } from '../../webhook/support/webhook-host.js';

const [, sqlite = sqliteDatabase] = DATABASES[0] ?? [];

/** The fields of the last answer of the server's token endpoint. */
const lastAnswer = (suite: HarborSuite) =>
  JSON.parse(suite.calls('/token').at(-1)?.answer ?? '{}') as Record<string, string>;

/** A registration of a merchant's own server, and the hosts that the operator lists. */
const machine = {
  provider: 'harbor-machines',
  account: 'merchant',
  clientId: 'id',
  clientSecret: 'a-secret-that-stays-here',
};
const hosts = ['.harbor.example', 'harbor.test', '8.8.8.8', '[2606:4700::1111]'];

describe('a sixth provider, written by a host, against a server of other people', () => {
  let suite: HarborSuite;
  afterEach(() => suite.stop());

  const merchants = async () =>
    (await suite.connections.find({ provider: 'harbor' })).connections.map(
      ({ account }) => account,
    );

  describe.each(DATABASES)('on %s', (_name, open) => {
    beforeEach(async () => (suite = await startHarbor(open)));

    it('P91: installs, calls the API, and goes on through many rotations', async () => {
      const { callback, page } = await suite.install('alice');
      expect(page).toMatchObject({ status: 303 });
      expect(new URL(callback).searchParams.get('iss')).toBe(suite.proxy.url);
      const alice = await suite.of('alice');
      expect([...alice.scopes].sort()).toEqual(['offline_access', 'openid', 'things.read']);
      const api = suite.app.get(HarborApi).for(alice);
      for (let round = 0; round < 5; round += 1) {
        expect((await api.get('/things')).data).toEqual({ of: 'alice' });
        const rejected = await suite.tokens.getAccessToken(alice.id);
        await suite.tokens.getAccessToken(alice.id, { rejected });
      }
      // A refresh token that is used twice would have ended the grant.
      const { refresh_token } = lastAnswer(suite);
      expect(await suite.server.isActive(refresh_token as string, suite.client)).toBe(true);
      expect((await suite.of('alice')).status).toBe('active');
    });

    it('a merchant who declines has connected nothing', async () => {
      const browser = suite.browser();
      const callback = await approve(browser, await suite.begin(browser), undefined);
      expect((await browser.open(callback)).status).toBe(403);
      expect(suite.calls('/token')).toEqual([]);
      expect(await merchants()).toEqual([]);
    });

    it.each([
      ['no id_token', undefined],
      ['an id_token that is none', 'none'],
      ['no sub', idToken({})],
      ['an empty sub', idToken({ sub: '' })],
      ['a sub that is no text', idToken({ sub: 7 })],
      ['a sub longer than any id', idToken({ sub: 'x'.repeat(300) })],
    ])(
      '%s: the merchant is told that nothing was connected, and so it is',
      async (_what, token) => {
        const odd = suite.proxy.disturb(({ path }) => path === '/token', {
          kind: 'rewrite',
          change: (answer) => ({ ...answer, id_token: token }),
        });
        const { page } = await suite.install('alice');
        odd.remove();
        expect(page.status).toBe(502);
        expect(page.text).toContain('Nothing was connected');
        expect(await merchants()).toEqual([]);
      },
    );

    describe('a disconnect', () => {
      let issued: Record<string, string>;
      const isActive = (token: 'access_token' | 'refresh_token') =>
        suite.server.isActive(issued[token] as string, suite.client);

      beforeEach(async () => {
        await suite.install('alice');
        issued = lastAnswer(suite);
        await suite.install('bob');
        expect([await isActive('access_token'), await isActive('refresh_token')]).toEqual([
          true,
          true,
        ]);
      });

      it('S34: ends both tokens at the server, and nobody else’s', async () => {
        const { id } = await suite.of('alice');
        await suite.connections.disconnect(id);
        expect((await failureOf(suite.tokens.getAccessToken(id))).code).toBe('connection_revoked');
        await until(async () => !(await isActive('refresh_token')));
        await until(async () => !(await isActive('access_token')));
        const response = await fetch(`${suite.server.url}/api/things`, {
          headers: { authorization: `Bearer ${issued.access_token}` },
        });
        expect(response.status).toBe(401);
        await until(async () => (await suite.audit('revoke')).includes('revoked'));
        const bob = suite.app.get(HarborApi).for(await suite.of('bob'));
        expect((await bob.get('/things')).data).toEqual({ of: 'bob' });
      });

      it('F52, S34: of tokens that the server has forgotten is done as well', async () => {
        for (const token of [issued.refresh_token, issued.access_token] as string[]) {
          await revokeByHand(suite, token);
        }
        const before = suite.calls('/token/revocation').length;
        await suite.connections.disconnect((await suite.of('alice')).id);
        await until(async () => (await suite.audit('revoke')).includes('revoked'));
        const calls = suite.calls('/token/revocation').slice(before);
        expect(calls.map(({ status }) => status)).toEqual([200, 200]);
        expect(calls.map(({ body }) => new URLSearchParams(body).get('token'))).toEqual([
          issued.refresh_token,
          issued.access_token,
        ]);
      });

      it('S34: a call that the server refuses has revoked nothing', async () => {
        const answering = (status: number, body: string) =>
          suite.proxy.disturb(({ path }) => path === '/token/revocation', {
            kind: 'answer',
            status,
            body,
          });
        let refused = answering(302, '');
        const stands = async () => {
          const before = suite.calls('/token/revocation').length;
          // One call for each token, and then again.
          await until(() => suite.calls('/token/revocation').length > before + 2);
          expect(await suite.audit('revoke')).not.toContain('revoked');
          expect(await isActive('refresh_token')).toBe(true);
          refused.remove();
        };
        await suite.connections.disconnect((await suite.of('alice')).id);
        await stands();
        refused = answering(401, '{"error":"invalid_client"}');
        await stands();
        await until(async () => (await suite.audit('revoke')).includes('revoked'));
        expect(await isActive('refresh_token')).toBe(false);
        expect(await isActive('access_token')).toBe(false);
      });

      it('S34: stands while the server is down, and the server is told later', async () => {
        const down = suite.proxy.disturb(({ path }) => path === '/token/revocation', {
          kind: 'reset',
        });
        const { id } = await suite.of('alice');
        await suite.connections.disconnect(id);
        await down.reached;
        expect((await failureOf(suite.tokens.getAccessToken(id))).code).toBe('connection_revoked');
        expect((await suite.of('alice')).status).toBe('revoked');
        expect(await isActive('refresh_token')).toBe(true);
        expect(await suite.audit('revoke')).toEqual([]);
        down.remove();
        await until(async () => !(await isActive('refresh_token')));
        await until(async () => !(await isActive('access_token')));
        await until(async () => (await suite.audit('revoke')).includes('revoked'));
      });

      it('of a client-credentials connection ends its token too', async () => {
        const ref = { provider: 'harbor-machines', account: 'default' };
        const token = await suite.tokens.getAccessToken(ref);
        expect(await suite.server.isActive(token, suite.machine)).toBe(true);
        await suite.connections.disconnect(ref);
        await until(async () => !(await suite.server.isActive(token, suite.machine)));
      });
    });
  });

  describe('what a disconnect leaves behind', () => {
    /** Answers token calls itself, when it is told to. */
    class OwnTransport extends UndiciTokenTransport {
      readonly sent: { path: string; publicOnly: boolean; token: string | null }[] = [];
      answer: ((request: TokenRequest) => Promise<TokenResponse> | undefined) | undefined;

      override send(request: TokenRequest, timeoutMs: number): Promise<TokenResponse> {
        const { url, publicOnly = false, body } = request;
        const token = new URLSearchParams(body).get('token');
        this.sent.push({ path: new URL(url).pathname, publicOnly, token });
        return this.answer?.(request) ?? super.send(request, timeoutMs);
      }
    }
    const ok = (answer: unknown): TokenResponse => ({
      kind: 'answered',
      status: 200,
      body: JSON.stringify(answer),
    });
    let transport: OwnTransport;
    const start = async (settings: Parameters<typeof startHarbor>[1] = {}) => {
      transport = new OwnTransport({});
      suite = await startHarbor(sqlite, {
        ...settings,
        flock: { ...settings.flock, tokenTransport: transport },
      });
    };
    const revoked = () =>
      transport.sent.filter(({ path }) => path === '/token/revocation').map(({ token }) => token);

    /** A rotation that is under way until `arrive`, and that somebody waits for. */
    const rotate = async () => {
      await start();
      await suite.install('alice');
      const { id } = await suite.of('alice');
      const token = await suite.tokens.getAccessToken(id);
      let arrive = (): void => undefined;
      const gate = new Promise<void>((resolve) => (arrive = resolve));
      const sent = new Promise<void>((resolve) => {
        transport.answer = ({ url }) => {
          if (url.endsWith('/revocation')) return undefined;
          resolve();
          return gate.then(() =>
            ok({ access_token: 'late-a', refresh_token: 'late-r', expires_in: 60 }),
          );
        };
      });
      const renewing = failureOf(suite.tokens.getAccessToken(id, { rejected: token }));
      await sent;
      return { id, renewing, arrive: () => arrive() };
    };
    const lateOnesAreRevoked = async () => {
      await until(() => revoked().includes('late-r') && revoked().includes('late-a'));
      await until(async () => (await suite.audit('revoke')).length === 2);
      expect((await suite.of('alice')).status).toBe('revoked');
    };

    it('F44: tokens of a rotation in flight are revoked as well, though they come late', async () => {
      const { id, renewing, arrive } = await rotate();
      await suite.connections.disconnect(id);
      await until(async () => (await suite.audit('revoke')).length === 1);
      expect(revoked()).not.toContain('late-r');
      arrive();
      expect((await renewing).code).toBe('connection_revoked');
      await lateOnesAreRevoked();
    });

    it('F44: late tokens that come while those before are being revoked are revoked as well', async () => {
      const { id, renewing, arrive } = await rotate();
      const held = suite.proxy.disturb(({ path }) => path === '/token/revocation', {
        kind: 'hold',
      });
      await suite.connections.disconnect(id);
      await held.reached;
      arrive();
      expect((await renewing).code).toBe('connection_revoked');
      held.release();
      await until(() => revoked().includes('late-r') && revoked().includes('late-a'));
      expect((await suite.of('alice')).status).toBe('revoked');
    });

    it('F44: late tokens that the store refuses at first are revoked as well', async () => {
      const { id, renewing, arrive } = await rotate();
      await suite.connections.disconnect(id);
      await until(async () => (await suite.audit('revoke')).length === 1);
      const database = suite.app.get(Database);
      const write = database.write.bind(database);
      const once = jest.spyOn(database, 'write').mockImplementation((statement, parameters) => {
        if (statement.name !== 'store_tokens') return write(statement, parameters);
        once.mockRestore();
        return Promise.reject(new Error('refused'));
      });
      arrive();
      expect((await renewing).code).toBe('connection_revoked');
      expect(await suite.audit('rescue')).toEqual(['obsolete']);
      await lateOnesAreRevoked();
    });

    it('S17: a registered server is told at a public address only, as it was asked for tokens', async () => {
      await start({ serverHosts: ['.harbor.example'] });
      transport.answer = () => Promise.resolve(ok({ access_token: 'a', expires_in: 900 }));
      const { id } = await suite.connections.register({
        provider: 'harbor-machines',
        account: 'merchant',
        clientId: 'id',
        clientSecret: 'secret',
        serverUrl: 'https://eu.harbor.example',
      });
      await suite.tokens.getAccessToken(id);
      await suite.connections.disconnect(id);
      await until(() => revoked().length > 0);
      expect(transport.sent.map(({ publicOnly }) => publicOnly)).toEqual([true, true]);
    });

    it('S17: the API of a registered server is called at a public address only', async () => {
      await start({ serverHosts: ['.harbor.example'] });
      transport.answer = () => Promise.resolve(ok({ access_token: 'a', expires_in: 900 }));
      const connection = await suite.connections.register({
        provider: 'harbor-machines',
        account: 'merchant',
        clientId: 'id',
        clientSecret: 'secret',
        serverUrl: 'https://eu.harbor.example',
      });
      await suite.tokens.getAccessToken(connection.id);
      const lookup = jest
        .spyOn(dns, 'lookup')
        .mockImplementation(((
          _name: string,
          _options: object,
          callback: (error: null, addresses: unknown) => void,
        ) => callback(null, [{ address: '127.0.0.1', family: 4 }])) as never);
      const call = failureOf(suite.app.get(HarborMachinesApi).for(connection).get('/things'));
      const error = await call.finally(() => lookup.mockRestore());
      expect(error).toMatchObject({ code: 'provider_unavailable', outcome: 'not_sent' });
      expect(error.message).toContain('ENOTPUBLIC');
    });

    it('no credential, where there was no token to revoke', async () => {
      let database: TestDatabase | undefined;
      transport = new OwnTransport({});
      suite = await startHarbor(async () => (database = await sqlite()));
      const { id } = await suite.connections.register({
        provider: 'harbor-machines',
        account: 'merchant',
        clientId: 'id',
        clientSecret: 'secret',
      });
      await suite.connections.disconnect(id);
      const rows = await database?.sql(
        'SELECT status, token_set, credential FROM flock_connection WHERE id = ?',
        [id],
      );
      expect(rows).toEqual([{ status: 'revoked', token_set: null, credential: null }]);
    });

    it.each(['flute', 'flinks-pay', 'flex-pay', 'fynd'])(
      'S34: nothing of %s: it is erased here, and nobody is called',
      async (provider) => {
        suite = await startHarbor(sqlite);
        const database = await sqlite();
        transport = new OwnTransport({});
        transport.answer = () => Promise.resolve(ok({ access_token: 'a', expires_in: 900 }));
        const host = await startWebhookHost(database, {
          imports: [FlexPayModule.forRoot()],
          flock: { tokenTransport: transport },
        });
        const connections = host.app.get(ConnectionService);
        const ref = { provider, account: provider === 'flinks-pay' ? 'acme' : '7' };
        const credential = { account: '7', clientId: 'id', clientSecret: 'secret' };
        // FlinksPay's is in the configuration. Fynd's merchants install: theirs is made of another's.
        const { id } =
          provider === 'flinks-pay'
            ? await connections.get(ref)
            : await connections.register({
                provider: provider === 'fynd' ? 'flex-pay' : provider,
                ...credential,
              });
        await host.app.get(TokenService).getAccessToken(id);
        if (provider === 'fynd') {
          await database.sql(
            "UPDATE flock_connection SET provider = 'fynd', app = 'fynd', environment = 'default', credential = NULL WHERE id = ?",
            [id],
          );
        }
        await connections.disconnect(id);
        const rows = await database.sql(
          'SELECT provider, status, token_set, credential, due_at FROM flock_connection WHERE id = ?',
          [id],
        );
        expect(rows).toEqual([
          { provider, status: 'revoked', token_set: null, credential: null, due_at: null },
        ]);
        expect(transport.sent).toHaveLength(1);
        await host.close();
        await database.drop();
      },
    );
  });

  describe('PKCE', () => {
    beforeEach(async () => (suite = await startHarbor(sqlite)));

    it('S5: S256 with a verifier of its own for each attempt, which only the token endpoint sees', async () => {
      const challenges: string[] = [];
      const verifiers: string[] = [];
      const urls: string[] = [];
      for (const person of ['alice', 'bob', 'alice']) {
        const browser = suite.browser();
        const start = new URL(await suite.begin(browser));
        expect(start.searchParams.get('code_challenge_method')).toBe('S256');
        challenges.push(start.searchParams.get('code_challenge') as string);
        const callback = await approve(browser, start.href, person);
        const { status, location } = await browser.open(callback);
        expect(status).toBe(303);
        urls.push(start.href, callback, location as string);
        const call = suite.calls('/token').at(-1);
        verifiers.push(parametersOf(call as NonNullable<typeof call>).code_verifier as string);
      }
      expect(new Set(verifiers).size).toBe(3);
      for (const [index, verifier] of verifiers.entries()) {
        expect(verifier).toMatch(/^[A-Za-z0-9._~-]{43,128}$/);
        expect(createHash('sha256').update(verifier).digest('base64url')).toBe(challenges[index]);
        const everywhere = [...urls, ...suite.proxy.calls.map(({ url }) => url)];
        expect(everywhere.filter((url) => url.includes(verifier))).toEqual([]);
      }
    });

    it.each([
      ['no challenge', { code_challenge: undefined, code_challenge_method: undefined }],
      ['the challenge in the clear', { code_challenge_method: 'plain' }],
    ])(
      'S5: this server takes no request with %s, so it is PKCE that protects',
      async (_what, change) => {
        const browser = suite.browser();
        const start = new URL(await suite.begin(browser));
        for (const [name, value] of Object.entries(change)) {
          if (value === undefined) start.searchParams.delete(name);
          else start.searchParams.set(name, value);
        }
        const callback = await approve(browser, start.href, 'alice');
        expect(new URL(callback).searchParams.get('error')).toBe('invalid_request');
        expect((await browser.open(callback)).status).toBe(502);
        expect(await merchants()).toEqual([]);
      },
    );

    /** The code of one callback with the state of another. */
    const inject = (into: string, from: string): string => {
      const mixed = new URL(into);
      mixed.searchParams.set('code', new URL(from).searchParams.get('code') as string);
      return mixed.href;
    };
    const approved = async (browser: ContractBrowser, person: string) =>
      approve(browser, await suite.begin(browser), person);

    it('S5, S6: a code of another attempt of the same browser is refused', async () => {
      const browser = suite.browser();
      const [first, next] = [await approved(browser, 'alice'), await approved(browser, 'alice')];
      expect((await browser.open(inject(first, next))).status).toBe(502);
      expect(lastAnswer(suite)).toMatchObject({ error: 'invalid_grant' });
      expect(await merchants()).toEqual([]);
    });

    it('S5, S6: a stolen code is worth nothing in the thief’s browser, nor the thief’s code in the victim’s', async () => {
      const [victim, thief] = [suite.browser(), suite.browser()];
      const stolen = await approved(victim, 'alice');
      const planted = await approved(thief, 'mallory');
      expect((await thief.open(inject(planted, stolen))).status).toBe(502);
      expect((await victim.open(inject(stolen, planted))).status).toBe(502);
      // The whole callback in another browser does not even reach the server.
      const calls = suite.calls('/token').length;
      const whole = await approved(victim, 'alice');
      expect((await thief.open(whole)).status).toBe(400);
      expect(suite.calls('/token')).toHaveLength(calls);
      expect(await merchants()).toEqual([]);
      // It is still good where it belongs.
      expect((await victim.open(whole)).status).toBe(303);
      expect(await merchants()).toEqual(['alice']);
    });
  });

  describe('the issuer', () => {
    beforeEach(async () => (suite = await startHarbor(sqlite)));

    const set = (iss: string) => (url: URL) => url.searchParams.set('iss', iss);
    const changes: [string, (url: URL) => void, string][] = [
      ['of another server', set('https://evil.example'), 'iss_mismatch'],
      ['with a slash more', (url) => set(`${url.searchParams.get('iss')}/`)(url), 'iss_mismatch'],
      [
        'in another letter case',
        (url) => set(`${url.searchParams.get('iss')}`.toUpperCase())(url),
        'iss_mismatch',
      ],
      ['empty', set(''), 'iss_mismatch'],
      ['missing though announced', (url) => url.searchParams.delete('iss'), 'iss_missing'],
      [
        'given twice',
        (url) => url.searchParams.append('iss', 'https://evil.example'),
        'duplicated_parameter',
      ],
    ];

    it.each(changes)(
      'S7, F42: %s: refused before the code goes anywhere',
      async (_what, change, reason) => {
        const browser = suite.browser();
        const callback = new URL(await approve(browser, await suite.begin(browser), 'alice'));
        change(callback);
        expect((await browser.open(callback.href)).status).toBe(400);
        expect(suite.calls('/token')).toEqual([]);
        expect(await suite.audit('install')).toEqual([reason]);
        expect(await merchants()).toEqual([]);
      },
    );

    it('S7: an error of another server is not believed either', async () => {
      const browser = suite.browser();
      const callback = new URL(await approve(browser, await suite.begin(browser), undefined));
      expect(callback.searchParams.get('error')).toBe('access_denied');
      const without = new URL(callback.href);
      set('https://evil.example')(callback);
      expect((await browser.open(callback.href)).status).toBe(400);
      expect(await suite.audit('install')).toEqual(['iss_mismatch']);
      const again = new URL(await approve(browser, await suite.begin(browser), undefined));
      without.search = again.search;
      without.searchParams.delete('iss');
      expect((await browser.open(without.href)).status).toBe(400);
      expect(await suite.audit('install')).toEqual(
        expect.arrayContaining(['iss_mismatch', 'iss_missing']),
      );
    });
  });

  describe('servers that are registered', () => {
    const register = (serverUrl: string) => suite.connections.register({ ...machine, serverUrl });

    it('S17, P91: what the list names is accepted; without a list nothing is', async () => {
      suite = await startHarbor(sqlite, { serverHosts: hosts });
      for (const [url, kept] of [
        ['https://eu.harbor.example', 'https://eu.harbor.example'],
        ['https://EU.west.harbor.example:443/base/', 'https://eu.west.harbor.example/base'],
      ] as const) {
        expect((await register(url)).serverUrl).toBe(kept);
      }
      expect((await register('https://harbor.test')).serverUrl).toBe('https://harbor.test');
      await suite.stop();
      suite = await startHarbor(sqlite);
      expect((await failureOf(register('https://eu.harbor.example'))).code).toBe('invalid_request');
    });

    it('S17, S18, P91: a listed server of this machine serves its own account, and no other; in production none', async () => {
      const own = machineClient('own');
      const server = await startOidcServer([own]);
      try {
        const { host } = new URL(server.url);
        suite = await startHarbor(sqlite, { serverHosts: [host] });
        const registration = {
          ...machine,
          clientId: own.client_id,
          clientSecret: own.client_secret,
          serverUrl: server.url,
        };
        const connection = await suite.connections.register(registration);
        const usual = await suite.connections.get({ ...machine, account: 'default' });
        const api = suite.app.get(HarborMachinesApi);
        expect((await api.for(connection).get('/things')).data).toEqual({ of: 'own' });
        expect(suite.proxy.calls).toEqual([]);
        expect((await api.for(usual).get('/things')).data).toEqual({ of: 'machine' });
        const { NODE_ENV } = process.env;
        process.env.NODE_ENV = 'production';
        const error = await failureOf(suite.connections.register(registration));
        process.env.NODE_ENV = NODE_ENV;
        expect(error.code).toBe('invalid_request');
      } finally {
        await server.stop();
      }
    });
  });
});

describe('a server that is registered and may not be', () => {
  let suite: HarborSuite;
  beforeAll(async () => (suite = await startHarbor(sqlite, { serverHosts: hosts })));
  afterAll(() => suite.stop());

  it.each([
    ['plain http', 'http://eu.harbor.example'],
    ['a user name', 'https://user@eu.harbor.example'],
    ['user name and password', 'https://user:word@eu.harbor.example'],
    ['a password alone', 'https://:word@eu.harbor.example'],
    ['the host as a user name', 'https://eu.harbor.example@evil.example'],
    ['another port', 'https://eu.harbor.example:8443'],
    ['a look-alike suffix', 'https://evilharbor.example'],
    ['the suffix in front', 'https://eu.harbor.example.evil.example'],
    ['an exact name with something in front', 'https://eu.harbor.test'],
    ['the bare suffix', 'https://harbor.example'],
    ['a dot at its end', 'https://eu.harbor.example.'],
    ['a letter that only looks the same', 'https://eu.h\u0430rbor.example'],
    ['an IPv4 literal', 'https://127.0.0.1'],
    ['an IPv4 literal as one number', 'https://2130706433'],
    ['an IPv6 literal', 'https://[::1]'],
    ['an IPv4 literal that is listed', 'https://8.8.8.8'],
    ['an IPv6 literal that is listed', 'https://[2606:4700::1111]'],
    ['the metadata address', 'https://169.254.169.254'],
    ['loopback that is not listed', 'http://localhost:3000'],
    ['a query', 'https://eu.harbor.example/?a=b'],
    ['a fragment', 'https://eu.harbor.example/#a'],
    ['an empty query', 'https://eu.harbor.example?'],
    ['an empty fragment', 'https://eu.harbor.example/#'],
    ['a list', ['https://eu.harbor.example'] as unknown as string],
    ['another scheme', 'ftp://eu.harbor.example'],
    ['no scheme', 'eu.harbor.example'],
    ['nothing', ''],
  ])('S17: %s is refused, and nothing is kept or sent', async (_what, serverUrl) => {
    const error = await failureOf(suite.connections.register({ ...machine, serverUrl }));
    expect(error.code).toBe('invalid_request');
    expect(JSON.stringify(error)).not.toContain('word');
    const { connections } = await suite.connections.find({ account: 'merchant' });
    expect(connections).toEqual([]);
    expect(suite.proxy.calls).toEqual([]);
  });
});

describe('the guide', () => {
  it('P91: shows the very definition that is tested here, in under 60 lines', () => {
    const file = (...path: string[]) => readFileSync(join(process.cwd(), ...path), 'utf8');
    const example = file('test', 'providers', 'sixth', 'harbor.ts');
    expect(file('docs', 'add-a-provider.md')).toContain(`\`\`\`ts\n${example}\`\`\``);
    expect(example.split('\n').length).toBeLessThan(60);
  });
});

/** One whose signature nobody checks, with these claims. */
function idToken(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.`;
}

/** As somebody else who holds the credential would. */
async function revokeByHand({ server, client }: HarborSuite, token: string): Promise<void> {
  const { client_id, client_secret } = client;
  const basic = Buffer.from(`${client_id}:${client_secret}`).toString('base64');
  const response = await fetch(`${server.url}/token/revocation`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ token }),
  });
  expect(response.status).toBe(200);
}
