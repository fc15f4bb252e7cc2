import type { FlockError, RenewalPolicy } from '@nest-flock/core';
import type { Secret } from '@nest-flock/core/provider';
import { DATABASES } from '../support/databases.js';
import { AcmeApi, AcmeModule } from '../support/acme.js';
import { failureOf, until } from '../support/poll.js';
import { refuseTokens } from '../support/refuse-tokens.js';
import { rescueFiles } from '../support/rescue-files.js';
import { startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';
import { startTokenEndpoint } from '../support/token-endpoint.js';
import type { TokenEndpoint } from '../support/token-endpoint.js';

describe.each(DATABASES)(
  'a provider by defineProvider, with client credentials, on %s',
  (_name, open) => {
    let endpoint: TokenEndpoint;
    let suite: Suite;

    const start = async (
      renewal: Partial<RenewalPolicy> = {},
      clientSecret: Secret = 'app-secret',
      branches: string[] = [],
    ) => {
      endpoint = await startTokenEndpoint();
      suite = await startSuite(open, {
        flock: { renewal },
        imports: [
          AcmeModule.forRoot({
            clientId: 'app',
            clientSecret,
            baseUrl: endpoint.url,
            branches,
          }),
        ],
      });
    };
    beforeEach(() => start());
    afterEach(async () => {
      await suite.stop();
      await endpoint.stop();
    });

    const ref = { provider: 'acme', environment: 'sandbox', account: 'default' };
    const bodies = () =>
      endpoint.calls.map(({ body }) => JSON.parse(body) as Record<string, string>);

    it('nothing is asked for before it is used; then one call serves all callers', async () => {
      expect(endpoint.calls).toEqual([]);
      const tokens = await Promise.all(
        Array.from({ length: 50 }, () => suite.tokens.getAccessToken(ref)),
      );
      expect(new Set(tokens)).toEqual(new Set(['token-1']));
      expect(endpoint.calls[0]?.url).toBe('/sandbox/token');
      expect(bodies()).toEqual([
        {
          grant_type: 'client_credentials',
          scope: 'everything',
          client_id: 'app',
          client_secret: 'app-secret',
        },
      ]);
    });

    it('fresh obtains a new token for one call; a rejected one is replaced', async () => {
      const first = await suite.tokens.getAccessToken(ref);
      const fresh = await suite.tokens.getAccessToken(ref, { fresh: true });
      expect(fresh).not.toBe(first);
      expect(await suite.tokens.getAccessToken(ref, { rejected: fresh })).toBe('token-3');
    });

    it('S36: registered credentials, environments and accounts never meet', async () => {
      for (const account of ['m1', 'm2', 'm3']) {
        await suite.connections.register({
          provider: 'acme',
          environment: 'production',
          account,
          clientId: `id-${account}`,
          clientSecret: `secret-${account}`,
          owner: `tenant-${account}`,
        });
      }
      expect(endpoint.calls).toEqual([]);
      const [one, two] = await Promise.all([
        suite.tokens.getAccessToken({ provider: 'acme', owner: 'tenant-m1' }),
        suite.tokens.getAccessToken({ provider: 'acme', environment: 'production', account: 'm2' }),
        suite.tokens.getAccessToken(ref),
      ]);
      expect(one).not.toBe(two);
      expect(
        bodies()
          .map((body) => body.client_id)
          .sort(),
      ).toEqual(['app', 'id-m1', 'id-m2']);
      expect(endpoint.calls.map(({ url }) => url).sort()).toEqual([
        '/production/token',
        '/production/token',
        '/sandbox/token',
      ]);
      // Idle ones cost nothing.
      expect(bodies().some((body) => body.client_id === 'id-m3')).toBe(false);
    });

    it('S36: a name that is the account of one and the owner of another leads to each, also at once', async () => {
      const register = (account: string, owner: string) =>
        suite.connections.register({
          provider: 'acme',
          environment: 'sandbox',
          account,
          clientId: `id-${account}`,
          clientSecret: 's',
          owner,
        });
      const theirs = await register('north', 'anna');
      const others = await register('south', 'north');
      const place = { provider: 'acme', app: 'acme', environment: 'sandbox' };
      const found = await Promise.all([
        suite.connections.get({ ...place, account: 'north' }),
        suite.connections.get({ ...place, owner: 'north' }),
      ]);
      expect(found.map(({ id }) => id)).toEqual([theirs.id, others.id]);
    });

    it('S36: what is registered changes at once whom a ref leads to', async () => {
      const register = (account: string) =>
        suite.connections.register({
          provider: 'acme',
          environment: 'sandbox',
          account,
          clientId: `id-${account}`,
          clientSecret: 's',
          owner: 'olga',
        });
      const ref = { provider: 'acme', app: 'acme', environment: 'sandbox', owner: 'olga' };
      expect((await failureOf(suite.tokens.getAccessToken(ref))).code).toBe('not_connected');
      await register('east');
      await expect(suite.tokens.getAccessToken(ref)).resolves.toMatch(/^token-/);
      await register('west');
      const error = await failureOf(suite.tokens.getAccessToken(ref));
      expect(error.code).toBe('connection_ambiguous');
    });

    it('S36: nine refs that differ in one part each lead to their own connection, or to none', async () => {
      for (const environment of ['sandbox', 'production']) {
        for (const account of ['a', 'b']) {
          await suite.connections.register({
            provider: 'acme',
            environment,
            account,
            clientId: `${environment}-${account}`,
            clientSecret: 's',
            owner: 'same-owner',
          });
        }
      }
      const places = ['sandbox', 'production'].flatMap((environment) =>
        ['a', 'b', 'default'].map((account) => ({ provider: 'acme', environment, account })),
      );
      // All at once, and once more from memory; beside one of another provider that there is not.
      const other = { provider: 'flint', environment: 'sandbox', account: 'a' };
      const ask = async () => {
        const stranger = failureOf(suite.tokens.getAccessToken(other));
        const found = await Promise.all(places.map((place) => suite.tokens.getAccessToken(place)));
        expect((await stranger).code).toBe('not_connected');
        return found;
      };
      const seen = await ask();
      expect(new Set(seen).size).toBe(6);
      expect(await ask()).toEqual(seen);
      for (const { environment, account } of places) {
        const calls = endpoint.calls.filter(
          ({ url, body }) =>
            url === `/${environment}/token` &&
            body.includes(account === 'default' ? '"app"' : `"${environment}-${account}"`),
        );
        expect([environment, account, calls.length]).toEqual([environment, account, 1]);
      }
      for (const wrong of [
        { provider: 'acme', account: 'a' },
        { provider: 'acme', environment: 'sandbox', owner: 'same-owner' },
      ]) {
        expect((await failureOf(suite.tokens.getAccessToken(wrong))).code).toBe(
          'connection_ambiguous',
        );
      }
      expect(
        (await failureOf(suite.tokens.getAccessToken({ provider: 'flint', account: 'a' }))).code,
      ).toBe('not_connected');
    });

    it('S26, S31: one merchant’s bad credential stops that merchant alone; a replaced one works without a restart', async () => {
      const bad = {
        provider: 'acme',
        environment: 'sandbox',
        account: 'bad',
        clientId: 'bad',
        clientSecret: 'wrong',
        owner: 'o',
      };
      const { id } = await suite.connections.register(bad);
      const kept = Object.values(await suite.row(id)).map((value) =>
        Buffer.isBuffer(value) ? value.toString('latin1') : String(value),
      );
      expect(kept).toContain('bad');
      expect(kept.join('\n')).not.toContain('wrong');
      const badRef = { provider: 'acme', environment: 'sandbox', account: 'bad' };
      for (let round = 0; round < 6; round += 1) {
        endpoint.answers.push({ status: 401, body: { error: 'invalid_client' } });
        expect((await failureOf(suite.tokens.getAccessToken(badRef))).code).toBe(
          'app_credentials_rejected',
        );
        endpoint.answers.length = 0;
      }
      // However many are wrong: each is another credential.
      for (const account of ['bad2', 'bad3']) {
        await suite.connections.register({ ...bad, account });
        endpoint.answers.push({ status: 401, body: { error: 'invalid_client' } });
        await failureOf(suite.tokens.getAccessToken({ ...badRef, account }));
      }
      endpoint.answers.length = 0;
      expect(await suite.tokens.getAccessToken(ref, { fresh: true })).toMatch(/^token-/);
      const replaced = await suite.connections.register({ ...bad, clientSecret: 'right' });
      expect(replaced.generation).toBe(2);
      expect(await suite.tokens.getAccessToken(badRef)).toMatch(/^token-/);
      expect(bodies().at(-1)).toMatchObject({ client_id: 'bad', client_secret: 'right' });
      const trail = (await suite.events(id)).filter(({ action }) => action === 'register');
      expect(trail.map(({ actor, outcome, owner }) => [actor, outcome, owner])).toEqual([
        ['host', 'created', 'o'],
        ['host', 'replaced', 'o'],
      ]);
      expect((await failureOf(suite.connections.register({ ...bad, owner: 'thief' }))).code).toBe(
        'connection_owned_elsewhere',
      );
    });

    const merchant = (account: string) => ({
      provider: 'acme',
      environment: 'sandbox',
      account,
      clientId: account,
      clientSecret: 's',
    });

    it('S8: two owners who register one account at once: one has it, the other is refused', async () => {
      for (let round = 0; round < 10; round += 1) {
        const { account, ...rest } = merchant(`m-${round}`);
        const attempt = (owner: string) =>
          suite.connections.register({ ...rest, account, owner }).then(
            () => owner,
            (error: FlockError) => error.code,
          );
        if (round % 2 === 0) {
          const { id } = await suite.connections.register({ ...rest, account, owner: 'former' });
          await suite.connections.disconnect(id);
        }
        const ends = await Promise.all(['alice', 'bob'].map(attempt));
        const { owner } = await suite.connections.get({
          provider: 'acme',
          environment: 'sandbox',
          account,
        });
        expect([...ends].sort()).toEqual([owner, 'connection_owned_elsewhere'].sort());
      }
    });

    it.each([
      ['account', 'a\u0000b'],
      ['account', 7],
      ['owner', 'x'.repeat(191)],
      ['owner', { a: 1 }],
      ['merchant', 'm\u0000'],
      ['clientSecret', ''],
    ])('a registration whose %s is not usable names it', async (field, value) => {
      const registration = { ...merchant('odd'), [field]: value as string };
      const error = await failureOf(suite.connections.register(registration));
      expect(error).toMatchObject({ code: 'invalid_request' });
      expect(error.message).toContain(`"${field}"`);
    });

    it('a registration in an environment that there is not, or where merchants install, is refused', async () => {
      const nowhere = { ...merchant('a'), environment: 'moon' };
      const error = await failureOf(suite.connections.register(nowhere));
      expect(error).toMatchObject({ code: 'unknown_provider' });
      expect(error.message).toContain('expected one of sandbox, production');
      const installed = { ...merchant('a'), provider: 'flint', environment: 'test' };
      expect((await failureOf(suite.connections.register(installed))).message).toContain(
        'merchants install it',
      );
      // Without a word it is the first that there is.
      const { environment: _none, ...unsaid } = merchant('b');
      expect((await suite.connections.register(unsaid)).environment).toBe('sandbox');
    });

    it('an endpoint that cannot be reached was sent nothing: that is said, and it is tried again', async () => {
      const connection = await suite.connections.get(ref);
      await endpoint.stop();
      const failure = await failureOf(suite.tokens.getAccessToken(ref));
      expect(failure).toMatchObject({ code: 'provider_unavailable', retryable: true });
      expect(await suite.row(connection.id)).toMatchObject({
        status: 'active',
        failure: 'not_sent',
        claim_id: null,
      });
    });

    it('a token that the store refuses is not rescued: another can simply be obtained', async () => {
      await refuseTokens(suite.database);
      const failure = await failureOf(suite.tokens.getAccessToken(ref));
      expect(failure).toMatchObject({ code: 'provider_unavailable', retryable: true });
      expect(rescueFiles(suite.database)).toEqual([]);
    });

    it('F24: many stopped accounts neither keep the scheduler busy nor others from their renewal', async () => {
      await suite.stop();
      await endpoint.stop();
      await start({ probeIntervalMs: 30_000 });
      // More than the scheduler takes at once, all due before the one that works.
      const stopped = Array.from({ length: 20 }, (_, index) => merchant(`stopped-${index}`));
      const shared = { clientId: 'shared', clientSecret: 'rejected' };
      for (const one of stopped) {
        const { id } = await suite.connections.register({ ...one, ...shared });
        await suite.tokens.getAccessToken(id);
      }
      const good = await suite.connections.register(merchant('good'));
      await suite.tokens.getAccessToken(good.id);
      // The scheduler may come in between and take an answer: until it is really stopped.
      await until(async () => {
        endpoint.answers.push({ status: 401, body: { error: 'invalid_client' } });
        const place = { provider: 'acme', environment: 'sandbox', account: 'stopped-0' };
        await suite.tokens.getAccessToken(place, { fresh: true }).catch(() => undefined);
        const open = 'SELECT id FROM flock_circuit WHERE is_open = 1';
        return (await suite.database.sql(open)).length === 1;
      });
      endpoint.answers.length = 0;
      const due = (where: string, at: number) =>
        suite.database.sql(
          `UPDATE flock_connection SET due_at = ?, retry_at = NULL WHERE ${where}`,
          [at],
        );
      await due("account LIKE 'stopped-%'", Date.now() - 2_000);
      await due("account = 'good'", Date.now() - 1_000);
      await until(async () => Number((await suite.row(good.id)).token_version) > 1);
      // None of them is due again at once.
      const waiting = "account LIKE 'stopped-%' AND due_at > ? AND claim_id IS NULL";
      const asleep = await until(async () => {
        const rows = await suite.database.sql(`SELECT id FROM flock_connection WHERE ${waiting}`, [
          Date.now(),
        ]);
        return rows.length === 20 && rows;
      });
      expect(asleep).not.toContainEqual({ id: good.id });
    });

    it('F24: a credential that was registered goes on while the one of the configuration is stopped', async () => {
      await suite.stop();
      await endpoint.stop();
      await start({ probeIntervalMs: 600_000 });
      const stopped = () => suite.database.sql('SELECT id FROM flock_circuit WHERE is_open = 1');
      await until(async () => {
        endpoint.answers.push({ status: 401, body: { error: 'invalid_client' } });
        await suite.tokens.getAccessToken(ref, { fresh: true }).catch(() => undefined);
        return (await stopped()).length === 1;
      });
      endpoint.answers.length = 0;
      await suite.connections.register({ ...merchant('default'), clientId: 'own' });
      expect(await suite.tokens.getAccessToken(ref)).toMatch(/^token-/);
      expect(await suite.tokens.getAccessToken(ref, { fresh: true })).toMatch(/^token-/);
      expect(bodies().at(-1)).toMatchObject({ client_id: 'own' });
      // What it proves is its own: the other is as wrong as before.
      expect(await stopped()).toHaveLength(1);
    });

    it('F24: another account of the configuration is renewed while the default one is stopped', async () => {
      await suite.stop();
      await endpoint.stop();
      await start({ probeIntervalMs: 600_000 }, 'app-secret', ['north']);
      const north = await suite.connections.get({ ...ref, account: 'north' });
      await suite.tokens.getAccessToken(north.id);
      await until(async () => {
        endpoint.answers.push({ status: 401, body: { error: 'invalid_client' } });
        await suite.tokens.getAccessToken(ref, { fresh: true }).catch(() => undefined);
        const open = 'SELECT id FROM flock_circuit WHERE is_open = 1';
        return (await suite.database.sql(open)).length === 1;
      });
      endpoint.answers.length = 0;
      await suite.database.sql('UPDATE flock_connection SET due_at = 1 WHERE id = ?', [north.id]);
      await until(async () => Number((await suite.row(north.id)).token_version) === 2);
      expect(bodies().at(-1)).toMatchObject({ client_id: 'north', client_secret: 'north' });
    });

    it('F24: a vault that is down for one account keeps no other from its renewal', async () => {
      await suite.stop();
      await endpoint.stop();
      await start({}, () => Promise.reject(new Error('vault down')));
      const { id } = await suite.connections.register(merchant('good'));
      await suite.tokens.getAccessToken(id);
      await suite.database.sql('UPDATE flock_connection SET due_at = ? WHERE id = ?', [1, id]);
      await until(async () => Number((await suite.row(id)).token_version) > 1);
      expect(await suite.row(id)).toMatchObject({ status: 'active', failure: null });
    });

    it('a grant that needs no person never asks for one, whatever the endpoint says', async () => {
      const connection = await suite.connections.get(ref);
      for (const error of ['invalid_grant', 'invalid_request', 'unauthorized_client']) {
        endpoint.answers.push({ status: 400, body: { error } });
        const failure = await failureOf(suite.tokens.getAccessToken(ref, { fresh: true }));
        expect(failure).toMatchObject({ code: 'provider_unavailable', retryable: true });
        expect((await suite.connections.get(connection.id)).status).toBe('active');
        await until(
          async () => Number((await suite.row(connection.id)).retry_at ?? 0) <= Date.now(),
        );
      }
      expect(await suite.tokens.getAccessToken(ref)).toMatch(/^token-/);
    });

    it('the API client calls the host of the connection’s environment', async () => {
      endpoint.answers.push({ status: 200, body: { access_token: 'abc', expires_in: 60 } });
      const connection = await suite.connections.get(ref);
      await suite.host.app.get(AcmeApi).for(connection).get('/things');
      expect(endpoint.calls.at(-1)).toMatchObject({ url: '/sandbox/things' });
      expect(endpoint.calls.at(-1)?.headers.authorization).toBe('Bearer abc');
    });
  },
);
