import { FlockHealthIndicator, TokenService } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import type { Fault } from '@nest-flock/sandbox';
import { CircuitService } from '../../libs/core/src/token/endpoint/circuit.service.js';
import { driveTimeouts } from '../support/clock.js';
import type { DrivenClock } from '../support/clock.js';
import { DATABASES } from '../support/databases.js';
import { NoisyLogger } from '../support/noisy-logger.js';
import { OrdersController } from '../support/orders.controller.js';
import { failureOf, until } from '../support/poll.js';
import { startEndlessEndpoint, startSilentServer } from '../support/silent-server.js';
import type { SilentServer } from '../support/silent-server.js';
import { refreshCalls, untilRetryable } from '../support/suite.js';
import type { Suite } from '../support/suite.js';
import { startProxy } from '../support/tcp-proxy.js';
import { startTokenEndpoint } from '../support/token-endpoint.js';
import { withoutTimer } from '../support/without-timer.js';
import { renewing } from '../support/renewing.js';

describe.each(DATABASES)('what a token endpoint sends on %s', (_name, open) => {
  let suite: Suite;
  let connection: Connection;
  const { get, works, fail, callsOf } = renewing(open, (world) => ({ suite, connection } = world));

  describe('what the provider sends', () => {
    it('F13: an answer without a refresh token keeps the old one', async () => {
      suite.sandbox.flint.settings.rotation = false;
      fail({ kind: 'answer', omit: ['refresh_token', 'scope'] });
      await suite.renew(connection.id);
      expect((await suite.connections.get(connection.id)).scopes).toEqual(connection.scopes);
      // An empty one is none.
      fail({ kind: 'answer', set: { refresh_token: '' } });
      await suite.renew(connection.id);
      expect(await works(await suite.renew(connection.id))).toBe(true);
    });

    it('F14, S33: a rotated refresh token replaces the old one at once', async () => {
      for (let round = 0; round < 4; round += 1) await suite.renew(connection.id);
      expect(await works(await get())).toBe(true);
      expect(suite.sandbox.flint.violations).toEqual([]);
      expect(suite.sandbox.flint.audit().spentMoreThanOnce.size).toBe(0);
    });

    it.each([
      ['F15: missing', { omit: ['expires_in'] }, 3_600],
      ['F16: a whole number as text', { set: { expires_in: '1800' } }, 1_800],
      ['F16: zero', { set: { expires_in: 0 } }, 3_600],
      ['F16: negative', { set: { expires_in: -1 } }, 3_600],
      ['F16: a word', { set: { expires_in: 'soon' } }, 3_600],
      ['F16: a fraction', { set: { expires_in: 1_800.5 } }, 3_600],
      ['F16: a fraction as text', { set: { expires_in: '1800.5' } }, 3_600],
      ['F16: another way to write a number', { set: { expires_in: '1e3' } }, 3_600],
      ['F16: a year', { set: { expires_in: 31_536_000 } }, 31_536_000],
      ['F16: beyond a year', { set: { expires_in: 31_536_001 } }, 3_600],
    ])('%s expires_in', async (_case, change, seconds) => {
      fail({ kind: 'answer', ...change });
      expect(await works(await suite.renew(connection.id))).toBe(true);
      const { expires_at, refreshed_at } = await suite.row(connection.id);
      // Counted from when the request left.
      const life = (Number(expires_at) - Number(refreshed_at)) / 1_000;
      expect(life).toBeGreaterThan(seconds - 300);
      expect(life).toBeLessThanOrEqual(seconds);
      // Still renewable.
      expect(await works(await suite.renew(connection.id))).toBe(true);
    });

    it('F15: the scheduler comes again ahead of the end that is assumed', async () => {
      await get();
      await until(async () => Number((await suite.row(connection.id)).used_version) === 1);
      fail({ kind: 'answer', omit: ['expires_in'] });
      await suite.database.sql('UPDATE flock_connection SET due_at = ?', [Date.now()]);
      const { expires_at, due_at } = await until(async () => {
        const row = await suite.row(connection.id);
        return Number(row.token_version) === 2 && row;
      });
      const ahead = (Number(expires_at) - Number(due_at)) / 1_000;
      expect(ahead).toBeGreaterThanOrEqual(300);
      expect(ahead).toBeLessThanOrEqual(450);
    });

    it.each<[string, Fault]>([
      ['F17: HTML', { kind: 'html' }],
      ['F17: truncated JSON', { kind: 'status', status: 200, body: '{"access_token":"fp' }],
      ['F17: an empty object', { kind: 'empty_object' }],
      ['F17: a token that is no text', { kind: 'answer', set: { access_token: 42 } }],
      ['F17: an empty token', { kind: 'answer', set: { access_token: '' } }],
      ['F20: a 5xx', { kind: 'status', status: 502 }],
      ['F20: a connection that is cut', { kind: 'drop_before_commit' }],
      ['F20: a connection that is cut after the rotation', { kind: 'drop_after_commit' }],
      ['F20: a connection that is cut within the answer', { kind: 'truncate' }],
    ])(
      '%s is an unknown outcome: the token stays, is sent once more, nobody is marked dead',
      async (_case, fault) => {
        suite.sandbox.flint.settings.grace = { kind: 'until_used' };
        const token = await get();
        fail(fault);
        expect(await works(await suite.renew(connection.id))).toBe(true);
        expect(await get()).not.toBe(token);
        expect((await suite.row(connection.id)).status).toBe('active');
        expect(refreshCalls(suite)).toHaveLength(2);
        expect(suite.sandbox.flint.audit().overlaps).toBe(0);
      },
    );

    it('F22, S29: an answer of more than 256 KiB is given up, and the trail says so', async () => {
      suite.sandbox.flint.settings.grace = { kind: 'until_used' };
      fail({ kind: 'huge_body', bytes: 256 * 1_024 + 1 }, 2);
      const error = await failureOf(suite.renew(connection.id));
      expect(error).toMatchObject({ code: 'provider_unavailable', retryable: true });
      expect(await suite.events(connection.id)).toContainEqual(
        expect.objectContaining({ outcome: 'unknown', reason: 'body_too_large' }),
      );
      // What is not larger is read whole.
      await untilRetryable(suite, connection.id);
      fail({ kind: 'huge_body', bytes: 256 * 1_024 });
      expect(await suite.renew(connection.id)).toMatch(/^a{262000,}$/);
    });

    it('F22: of an answer without end only the beginning is read, and the connection is closed', async () => {
      const endpoint = await startEndlessEndpoint();
      const host = await suite.another({ flint: { baseUrl: endpoint.url } });
      const tokens = host.app.get(TokenService);
      const token = await tokens.getAccessToken(connection.id);
      const error = await failureOf(tokens.getAccessToken(connection.id, { rejected: token }));
      expect(error).toMatchObject({ code: 'provider_unavailable', retryable: true });
      // Sent once more, and the same again.
      await until(() => endpoint.closed.length === 2);
      // More than is read, for the buffers of two sockets are filled; far less than there is.
      for (const { bytes } of endpoint.closed) expect(bytes).toBeLessThan(endpoint.size / 4);
      expect(await suite.row(connection.id)).toMatchObject({
        status: 'active',
        unknown_outcomes: 2,
      });
      await endpoint.stop();
    });

    it('F20, F17: after two unknown outcomes the next try waits, and the valid token is served on', async () => {
      suite.sandbox.flint.settings.grace = { kind: 'until_used' };
      withoutTimer(suite.host, 'renewals');
      // Long enough to be met.
      const slow = { renewal: { backoffBaseMs: 600_000, backoffCapMs: 600_000 } };
      const { app } = await suite.another({ flock: { background: false, ...slow } });
      const theirs = app.get(TokenService);
      const token = await get();
      fail({ kind: 'html' }, 2);
      const refused = { code: 'provider_unavailable', retryable: true };
      const rejected = { rejected: token };
      expect(await failureOf(theirs.getAccessToken(connection.id, rejected))).toMatchObject(
        refused,
      );
      // Nobody tries meanwhile.
      for (const tokens of [theirs, suite.tokens]) {
        expect(await failureOf(tokens.getAccessToken(connection.id, rejected))).toMatchObject(
          refused,
        );
        // Though it should last longer.
        const wish = { minValiditySeconds: 86_400 };
        expect(await tokens.getAccessToken(connection.id, wish)).toBe(token);
        expect(await tokens.getAccessToken(connection.id)).toBe(token);
      }
      expect(refreshCalls(suite)).toHaveLength(2);
      expect(await suite.row(connection.id)).toMatchObject({
        status: 'active',
        failures: 1,
        unknown_outcomes: 2,
      });
      await suite.database.sql('UPDATE flock_connection SET retry_at = 1');
      expect(await works(await suite.renew(connection.id))).toBe(true);
    });

    it('F17: who has lost the claim meanwhile does not send once more', async () => {
      const { hostname, port, pathname } = new URL(suite.sandbox.flint.url);
      const proxy = await startProxy(hostname, Number(port));
      const baseUrl = `http://127.0.0.1:${proxy.port}${pathname}`;
      const host = await suite.another({ flock: { background: false }, flint: { baseUrl } });
      withoutTimer(suite.host, 'renewals');
      const rejected = await get();
      const held = fail({ kind: 'hold', committed: false });
      const late = failureOf(
        host.app.get(TokenService).getAccessToken(connection.id, { rejected }),
      );
      await held.reached;
      await suite.database.sql('UPDATE flock_connection SET claim_until = 1');
      proxy.cut();
      proxy.restore();
      expect(await late).toMatchObject({ code: 'provider_unavailable', retryable: true });
      expect(refreshCalls(suite)).toHaveLength(1);
      await proxy.stop();
    });

    it.each<[string, Fault]>([
      ['F18: 200 with an OAuth error', { kind: 'error', error: 'invalid_grant', status: 200 }],
      ['F9, F18: 400 invalid_grant', { kind: 'error', error: 'invalid_grant', status: 400 }],
      ['F18: 401 invalid_grant', { kind: 'error', error: 'invalid_grant', status: 401 }],
      ['F18: 503 invalid_grant', { kind: 'error', error: 'invalid_grant', status: 503 }],
    ])('%s says by its code that the grant is dead', async (_case, fault) => {
      fail(fault);
      const error = await failureOf(suite.renew(connection.id));
      expect(error).toMatchObject({ code: 'reauthorization_required', retryable: false });
      expect(String(error.connectUrl)).toContain('/flint/install?mode=test');
      expect(await suite.row(connection.id)).toMatchObject({ status_reason: 'invalid_grant' });
      // Never sent again: for no caller, and not by the scheduler, which renews another one.
      const other = await suite.connect({ merchant: 'mer_birch' });
      await suite.database.sql('UPDATE flock_connection SET due_at = ?', [Date.now() - 1]);
      await until(async () => Number((await suite.row(other.id)).token_version) === 2);
      for (const options of [undefined, { fresh: true }]) {
        expect(await failureOf(suite.tokens.getAccessToken(connection.id, options))).toMatchObject({
          code: 'reauthorization_required',
        });
      }
      expect(callsOf(connection)).toHaveLength(1);
    });

    it.each<[string, Fault, string]>([
      ['a 400 without JSON', { kind: 'status', status: 400, body: 'nonsense' }, 'refused'],
      ['a 400 with HTML', { kind: 'status', status: 400, body: '<p>invalid_grant' }, 'refused'],
      ['invalid_request', { kind: 'error', error: 'invalid_request', status: 400 }, 'refused'],
      [
        'a 200 with invalid_scope',
        { kind: 'error', error: 'invalid_scope', status: 200 },
        'refused',
      ],
      ['unauthorized_client', { kind: 'error', error: 'unauthorized_client' }, 'refused'],
      [
        'a 503 with invalid_client',
        { kind: 'error', error: 'invalid_client', status: 503 },
        'credential_rejected',
      ],
      [
        'a 429 with invalid_grant',
        { kind: 'error', error: 'invalid_grant', status: 429 },
        'throttled',
      ],
      [
        'a 302 with invalid_grant',
        { kind: 'error', error: 'invalid_grant', status: 302 },
        'unknown_outcome',
      ],
    ])('F18: %s marks no merchant dead', async (_case, fault, failure) => {
      withoutTimer(suite.host, 'renewals');
      fail(fault);
      await failureOf(suite.renew(connection.id));
      expect(await suite.row(connection.id)).toMatchObject({
        status: 'active',
        failures: 1,
        failure,
        retry_at: expect.anything() as unknown,
      });
      expect(refreshCalls(suite)).toHaveLength(1);
      await untilRetryable(suite, connection.id);
      expect(await works(await suite.renew(connection.id))).toBe(true);
    });

    it.each([
      ['server_error', 400],
      ['temporarily_unavailable', 200],
      ['invalid_scope', 503],
    ])('F18: %s with %d is an unknown outcome', async (error, status) => {
      suite.sandbox.flint.settings.grace = { kind: 'until_used' };
      fail({ kind: 'error', error, status });
      expect(await works(await suite.renew(connection.id))).toBe(true);
      expect(refreshCalls(suite)).toHaveLength(2);
    });

    it('F19: Retry-After is honoured by every instance, and the valid token is served on', async () => {
      const other = await suite.another();
      for (const host of [suite.host, other]) withoutTimer(host, 'renewals');
      const token = await get();
      fail({ kind: 'rate_limit', retryAfter: 120 });
      const asked = Date.now();
      const error = await failureOf(suite.renew(connection.id));
      expect(error).toMatchObject({
        code: 'provider_rate_limited',
        retryable: true,
        retryAfterSeconds: 120,
      });
      // One second for the difference of two clocks.
      const { retry_at } = await suite.row(connection.id);
      expect(Number(retry_at)).toBeGreaterThanOrEqual(asked + 119_000);
      for (const tokens of [suite.tokens, other.app.get(TokenService)]) {
        const theirs = await failureOf(tokens.getAccessToken(connection.id, { rejected: token }));
        expect(theirs.code).toBe('provider_rate_limited');
        // Though it should last longer.
        const wish = { minValiditySeconds: 86_400 };
        expect(await tokens.getAccessToken(connection.id, wish)).toBe(token);
        expect(await tokens.getAccessToken(connection.id)).toBe(token);
      }
      expect(refreshCalls(suite)).toHaveLength(1);
    });

    it('F19: no Retry-After holds a connection back for more than an hour', async () => {
      fail({ kind: 'rate_limit', retryAfter: 999_999 });
      const asked = Date.now();
      expect(await failureOf(suite.renew(connection.id))).toMatchObject({
        code: 'provider_rate_limited',
        retryAfterSeconds: 3_600,
      });
      const retryAt = Number((await suite.row(connection.id)).retry_at);
      expect(retryAt).toBeGreaterThanOrEqual(asked + 3_599_000);
      expect(retryAt).toBeLessThanOrEqual(Date.now() + 3_601_000);
    });

    describe('a provider that keeps silent', () => {
      let server: SilentServer;
      let clock: DrivenClock;
      let tokens: TokenService;
      let rejected: string;

      beforeEach(async () => {
        server = await startSilentServer();
      });
      afterEach(async () => {
        clock.release();
        await server.stop();
      });

      const start = async (baseUrl: string) => {
        withoutTimer(suite.host, 'renewals');
        // The caller's own patience is not what ends it.
        const flock = { background: false, renewal: { waitMs: 600_000 } };
        const host = await suite.another({
          flock,
          defaults: ['httpTimeoutMs'],
          flint: { baseUrl },
        });
        tokens = host.app.get(TokenService);
        rejected = await tokens.getAccessToken(connection.id);
        // Those of the HTTP client, which count half seconds, are held as well.
        clock = driveTimeouts(400);
      };

      it.each([
        ['F21: a connection that is never made', 'https', ''],
        ['F21: no answer', 'http', ''],
        ['F21: a body that drips', 'http', 'HTTP/1.1 200 OK\r\n\r\n{"acc'],
      ])('%s ends at the one deadline, as unknown', async (_case, scheme, beginning) => {
        await start(`${scheme}://127.0.0.1:${server.port}`);
        const failing = failureOf(tokens.getAccessToken(connection.id, { rejected }));
        // Sent once more, with a deadline of its own.
        for (const attempt of [1, 2]) {
          await until(() => server.heard === attempt);
          await clock.advance(6_000);
          if (beginning !== '') await server.say(beginning);
          await clock.advance(4_000);
        }
        expect(await failing).toMatchObject({ code: 'provider_unavailable', retryable: true });
        expect(await suite.events(connection.id)).toContainEqual(
          expect.objectContaining({ action: 'renewal', outcome: 'unknown', reason: 'timeout' }),
        );
        expect(await suite.row(connection.id)).toMatchObject({
          status: 'active',
          unknown_outcomes: 2,
        });
      });

      it('F21: what is answered right before the deadline counts', async () => {
        await start(suite.sandbox.flint.url);
        const held = fail({ kind: 'hold' });
        const renewing = tokens.getAccessToken(connection.id, { rejected });
        await held.reached;
        await clock.advance(9_999);
        held.release();
        expect(await works(await renewing)).toBe(true);
        expect(refreshCalls(suite)).toHaveLength(1);
      });
    });

    it.each([301, 302, 303, 307, 308] as const)(
      'F23, S18: a %d is not followed with the secret',
      async (status) => {
        const elsewhere = await startTokenEndpoint();
        fail({ kind: 'redirect', to: `${elsewhere.url}/token`, status });
        await suite.renew(connection.id).catch(() => undefined);
        await elsewhere.stop();
        expect(elsewhere.calls).toEqual([]);
        expect(refreshCalls(suite)).toHaveLength(1);
        expect((await suite.row(connection.id)).status).toBe('active');
      },
    );

    it('F24, S31: a wrong client secret stops this app, marks no merchant, and ends when it is right again', async () => {
      const ids = [connection.id];
      for (const merchant of ['mer_birch', 'mer_cedar']) {
        ids.push((await suite.connect({ merchant })).id);
      }
      withoutTimer(suite.host, 'renewals');
      const logger = new NoisyLogger();
      // No connection is tried again of itself.
      const slow = { backoffBaseMs: 600_000, backoffCapMs: 600_000 };
      const settings = {
        flock: { background: false, renewal: slow },
        defaults: ['probeIntervalMs'] as const,
      };
      const one = (await suite.another({ ...settings, logger })).app.get(TokenService);
      const two = (await suite.another({ ...settings, logger })).app.get(TokenService);
      const held = new Map<string, string>();
      for (const id of ids) held.set(id, await suite.tokens.getAccessToken(id));
      const [acorn, birch, cedar] = ids as [string, string, string];
      const renew = (tokens: TokenService, id: string) =>
        tokens.getAccessToken(id, { rejected: held.get(id) as string });
      const refuse = async (tokens: TokenService, id: string) => {
        expect(await failureOf(renew(tokens, id))).toMatchObject({
          code: 'app_credentials_rejected',
        });
        expect(await tokens.getAccessToken(id, { minValiditySeconds: 86_400 })).toBe(held.get(id));
      };
      const alarms = () => logger.lines.filter((line) => line.includes('was rejected'));
      const stops = async () =>
        (await suite.events()).filter(
          ({ action, outcome }) => action === 'credential' && outcome === 'stopped',
        );
      fail({ kind: 'error', error: 'invalid_client', status: 401 }, Infinity);

      // Two answers, wherever they are met, stop it for all.
      await refuse(one, acorn);
      expect(alarms()).toEqual([]);
      await refuse(two, birch);
      for (const tokens of [one, two, one]) await refuse(tokens, cedar);
      expect(refreshCalls(suite)).toHaveLength(2);
      expect(alarms()).toHaveLength(1);
      expect(await stops()).toHaveLength(1);
      const [stopped] = await suite.database.sql('SELECT * FROM flock_circuit');
      const pause = Number(stopped?.probe_at) - Number(stopped?.changed_at);
      expect(pause).toBeGreaterThanOrEqual(30_000);
      expect(pause).toBeLessThan(60_000);

      // Then one probe, which alarms nobody again.
      const later = async () => {
        await suite.database.sql('UPDATE flock_circuit SET probe_at = 1');
        await suite.database.sql('UPDATE flock_connection SET retry_at = NULL');
      };
      await later();
      await refuse(two, cedar);
      await suite.database.sql('UPDATE flock_connection SET retry_at = NULL');
      for (const id of ids) await refuse(one, id);
      expect(refreshCalls(suite)).toHaveLength(3);
      expect(alarms()).toHaveLength(1);
      expect(await stops()).toHaveLength(1);
      for (const id of ids) expect((await suite.row(id)).status).toBe('active');

      suite.sandbox.faults.clear();
      await later();
      for (const id of ids) expect(await works(await renew(one, id))).toBe(true);
    });

    it('F24: a secret that a resolver replaces is taken at once', async () => {
      let secret = suite.sandbox.flint.app.client_secret;
      const host = await suite.another({
        flock: { background: false },
        defaults: ['probeIntervalMs'],
        flint: { clientSecret: () => secret },
      });
      withoutTimer(suite.host, 'renewals');
      const tokens = host.app.get(TokenService);
      const rejected = await tokens.getAccessToken(connection.id);
      const replaced = suite.sandbox.flint.rotateClientSecret();
      const held = fail({ kind: 'hold', committed: false });
      const renewing = tokens.getAccessToken(connection.id, { rejected });
      await held.reached;
      secret = replaced;
      held.release();
      const token = await renewing;
      expect(await works(token)).toBe(true);
      expect(refreshCalls(suite).map(({ outcome }) => outcome)).toEqual(['refused', 'issued']);

      // Also when it has stopped, long before a probe is due.
      const next = suite.sandbox.flint.rotateClientSecret();
      const renew = () => tokens.getAccessToken(connection.id, { rejected: token });
      for (let round = 0; round < 3; round += 1) {
        expect((await failureOf(renew())).code).toBe('app_credentials_rejected');
        await suite.database.sql('UPDATE flock_connection SET retry_at = NULL');
      }
      expect(refreshCalls(suite)).toHaveLength(4);
      secret = next;
      expect(await works(await renew())).toBe(true);
    });

    it('P37: a credential that was replaced is not reported as stopped for ever', async () => {
      const circuits = suite.host.app.get(CircuitService);
      // Nobody tries it but this test.
      withoutTimer(suite.host, 'renewals');
      const stopped = async () => (await health.isHealthy()).flock?.stopped;
      const health = suite.host.app.get(FlockHealthIndicator);
      const rejected = await get();
      fail({ kind: 'error', error: 'invalid_client', status: 401 }, 50);
      await until(async () => {
        await suite.tokens.getAccessToken(connection.id, { rejected }).catch(() => undefined);
        return (await stopped()) === 1;
      });
      await circuits.prune();
      await circuits.reload();
      expect(await stopped()).toBe(1);
      // Nobody has tried it for longer than any pause.
      await suite.database.sql('UPDATE flock_circuit SET changed_at = 1, probe_at = 1');
      await circuits.prune();
      await circuits.reload();
      expect(await stopped()).toBe(0);
    });

    it('F25, S32: scopes that shrink are stored and written down; a missing token_type is accepted', async () => {
      const far = await suite.another({ controllers: [OrdersController] });
      const { browser: visitor } = await far.install();
      const host = await suite.another({ controllers: [OrdersController] });
      const { browser } = await host.install();
      const orders = async (of = browser) => (await of.open('/orders')).status;
      expect([await orders(), await orders(visitor)]).toEqual([200, 200]);
      const tokens = host.app.get(TokenService);
      const renew = async () =>
        tokens.getAccessToken(connection.id, {
          rejected: await tokens.getAccessToken(connection.id),
        });
      fail({ kind: 'answer', omit: ['token_type'] });
      expect(await works(await renew())).toBe(true);
      fail({ kind: 'answer', set: { token_type: 'mac' } });
      expect(await works(await renew())).toBe(true);
      expect(await orders()).toBe(200);
      expect(refreshCalls(suite)).toHaveLength(2);

      // The install is out of what the feed reads again and again.
      await suite.database.sql('UPDATE flock_connection SET changed_at = changed_at - 60000');
      expect(await orders(visitor)).toBe(200);
      fail({ kind: 'answer', set: { scope: 'commerce.orders.write' } });
      await renew();
      expect((await suite.connections.get(connection.id)).scopes).toEqual([
        'commerce.orders.write',
      ]);
      expect(await suite.events(connection.id)).toContainEqual(
        expect.objectContaining({ outcome: 'scopes_reduced', reason: 'commerce.orders.read' }),
      );
      // It asks for what is no longer granted, here and in other processes.
      expect(await orders()).toBe(403);
      await until(async () => (await orders(visitor)) === 403);
    });
  });
});
