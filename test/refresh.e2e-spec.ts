import {
  AuditService,
  ConnectionService,
  DeliveryService,
  FlockHealthIndicator,
  TokenService,
} from '@nest-flock/core';
import type { Connection, FlockError } from '@nest-flock/core';
import type { Fault } from '@nest-flock/sandbox';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { CircuitService } from '../libs/core/src/refresh/circuit.service.js';
import { DATABASES } from './support/databases.js';
import { QUICK } from './support/host.js';
import { failureOf, until } from './support/poll.js';
import { refreshCalls, startSuite, untilRetryable } from './support/suite.js';
import type { Suite } from './support/suite.js';
import { withoutTimer } from './support/without-timer.js';

describe.each(DATABASES)('renewing on %s', (_name, open) => {
  let suite: Suite;
  let connection: Connection;

  beforeEach(async () => {
    suite = await startSuite(open);
    connection = await suite.connect();
  });
  afterEach(() => suite.stop());

  const get = () => suite.tokens.getAccessToken(connection.id);
  /** A token works when the provider says so. */
  const works = async (token: string) => {
    const response = await fetch(`${suite.sandbox.flint.url}/v1/orders`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return response.status === 200;
  };
  const fail = (fault: Fault, times = 1) =>
    suite.sandbox.faults.add({ on: 'token.refresh', times, fault });

  describe('one provider call', () => {
    it('F8: two instances that renew at once make one call and share its token', async () => {
      const other = await suite.another();
      const token = await get();
      const held = fail({ kind: 'hold' });
      const mine = suite.tokens.getAccessToken(connection.id, { rejected: token });
      await held.reached;
      const theirs = other.app.get(TokenService).getAccessToken(connection.id, { rejected: token });
      held.release();
      expect(await theirs).toBe(await mine);
      expect(refreshCalls(suite)).toHaveLength(1);
      expect(await works(await mine)).toBe(true);
    });

    it('F9, F34: an instance that remembers the token from before the renewal takes the new one, without a call', async () => {
      const other = await suite.another();
      const theirs = () => other.app.get(TokenService).getAccessToken(connection.id);
      const token = await theirs();
      const current = await suite.renew(connection.id);
      // Told that its token was rejected, it looks before it spends.
      const taken = await other.app
        .get(TokenService)
        .getAccessToken(connection.id, { rejected: token });
      expect(taken).toBe(current);
      // Told nothing, it hears of the next one from the store.
      const next = await suite.renew(connection.id);
      await suite.database.sql('UPDATE flock_connection SET changed_at = ? WHERE id = ?', [
        Date.now(),
        connection.id,
      ]);
      await until(async () => (await theirs()) === next);
      expect(refreshCalls(suite)).toHaveLength(2);
      expect((await suite.row(connection.id)).status).toBe('active');
      expect(suite.sandbox.flint.violations).toEqual([]);
    });

    it('F9, S33: who is told invalid_grant because another has renewed takes the token that won', async () => {
      suite.sandbox.flint.settings.reuseDetection = false;
      const other = (await suite.another()).app.get(TokenService);
      const token = await get();
      const held = fail({ kind: 'hold', committed: false });
      const late = suite.tokens.getAccessToken(connection.id, { rejected: token });
      await held.reached;
      // The claim ended while its request was on its way; another instance spends the same token.
      await suite.database.sql('UPDATE flock_connection SET claim_until = 1 WHERE id = ?', [
        connection.id,
      ]);
      const winner = await other.getAccessToken(connection.id, { rejected: token });
      held.release();
      expect(await late).toBe(winner);
      expect(refreshCalls(suite).map(({ outcome }) => outcome)).toEqual(['refused', 'issued']);
      expect(await suite.row(connection.id)).toMatchObject({ status: 'active', token_version: 2 });
      expect(await works(winner)).toBe(true);
    });

    it('F10: a result that comes after its claim lapsed cannot overwrite a newer one', async () => {
      suite.sandbox.flint.settings.grace = { kind: 'until_used' };
      const other = (await suite.another()).app.get(TokenService);
      const token = await get();
      // The provider has rotated; its answer comes late.
      const held = fail({ kind: 'hold' });
      const late = suite.tokens.getAccessToken(connection.id, { rejected: token });
      await held.reached;
      // The claim ended long ago, as if this process had been paused.
      await suite.database.sql('UPDATE flock_connection SET claim_until = 1 WHERE id = ?', [
        connection.id,
      ]);
      const winner = await other.getAccessToken(connection.id, { rejected: token });
      const { attempt_id } = await suite.row(connection.id);
      held.release();
      expect(await late).toBe(winner);
      expect(await suite.row(connection.id)).toMatchObject({
        status: 'active',
        token_version: 2,
        attempt_id,
      });
      expect(await works(winner)).toBe(true);
    });

    it('F11: a waiter is served the token that still holds, else gets a retryable error of its own', async () => {
      const impatient = await suite.another({ flock: { refresh: { waitMs: 300 } } });
      const token = await get();
      const held = fail({ kind: 'hold' });
      const renewing = suite.tokens.getAccessToken(connection.id, { rejected: token });
      await held.reached;
      const waiter = impatient.app.get(TokenService);
      expect(await waiter.getAccessToken(connection.id)).toBe(token);
      const error = await failureOf(waiter.getAccessToken(connection.id, { rejected: token }));
      expect(error).toMatchObject({ code: 'refresh_timeout', retryable: true });
      held.release();
      await renewing;
    });

    it('F12: all waiters leave with a retryable error when the holder meets a 5xx', async () => {
      const other = await suite.another();
      // What comes due again meanwhile is not renewed by a timer.
      for (const host of [suite.host, other]) withoutTimer(host, 'refresh');
      const token = await get();
      fail({ kind: 'status', status: 503 }, Infinity);
      const errors = await Promise.all(
        [suite.host, other].flatMap((host) =>
          Array.from({ length: 50 }, () =>
            failureOf(
              host.app.get(TokenService).getAccessToken(connection.id, { rejected: token }),
            ),
          ),
        ),
      );
      expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['provider_unavailable']));
      expect(errors.every(({ retryable }) => retryable === true)).toBe(true);
      // One attempt of each instance at most: the failure is recorded for all.
      expect(refreshCalls(suite).length).toBeLessThanOrEqual(4);
      expect(await get()).toBe(token);
    });

    it('F28: no database connection is held while the provider takes its time', async () => {
      const small = await suite.another({ flock: { databasePoolSize: 1 } });
      const tokens = small.app.get(TokenService);
      const token = await tokens.getAccessToken(connection.id);
      const held = fail({ kind: 'hold' });
      const renewing = tokens.getAccessToken(connection.id, { rejected: token });
      await held.reached;
      // With the one connection pinned this could not be answered.
      await expect(small.app.get(ConnectionService).get(connection.id)).resolves.toMatchObject({
        id: connection.id,
      });
      held.release();
      await renewing;
    });

    it('F31: a hundred callers with one rejected token cause one renewal', async () => {
      const token = await get();
      const all = await Promise.all(
        Array.from({ length: 100 }, () =>
          suite.tokens.getAccessToken(connection.id, { rejected: token }),
        ),
      );
      expect(new Set(all).size).toBe(1);
      expect(refreshCalls(suite)).toHaveLength(1);
    });

    it('F32: a token that is rejected as soon as it is issued is not renewed in a loop', async () => {
      const careful = await suite.another({ flock: { refresh: { minIntervalMs: 60_000 } } });
      const tokens = careful.app.get(TokenService);
      await suite.renew(connection.id);
      for (let round = 0; round < 20; round += 1) {
        const rejected = await tokens.getAccessToken(connection.id);
        const error = await failureOf(tokens.getAccessToken(connection.id, { rejected }));
        expect(error).toMatchObject({ code: 'provider_unavailable', retryable: true });
      }
      expect(refreshCalls(suite)).toHaveLength(1);
    });

    it('F7: the renewal goes on when the caller who started it has left', async () => {
      const token = await get();
      const held = fail({ kind: 'hold' });
      const abort = new AbortController();
      const caller = suite.tokens.getAccessToken(connection.id, {
        rejected: token,
        signal: abort.signal,
      });
      await held.reached;
      abort.abort();
      await failureOf(caller);
      held.release();
      await until(async () => Number((await suite.row(connection.id)).token_version) === 2);
      // The store has it a moment before this process hears of its commit.
      await until(async () => (await get()) !== token);
    });
  });

  describe('storing', () => {
    it('F5: an unrelated write to the row in between does not cost the new token', async () => {
      const held = fail({ kind: 'hold' });
      const renewing = suite.renew(connection.id);
      await held.reached;
      await suite.database.sql(
        "UPDATE flock_connection SET owner = 'tenant-9', merchant = 'other' WHERE id = ?",
        [connection.id],
      );
      held.release();
      expect(await works(await renewing)).toBe(true);
      expect(await suite.row(connection.id)).toMatchObject({ owner: 'tenant-9', token_version: 2 });
    });

    it('F6: a token set is stored although its other fields make no sense', async () => {
      fail({ kind: 'answer', set: { expires_in: -5, scope: 42, token_type: 'mac' } });
      const token = await suite.renew(connection.id);
      expect(await works(token)).toBe(true);
      const row = await suite.row(connection.id);
      expect(row).toMatchObject({
        token_version: 2,
        status: 'active',
        scopes: 'commerce.orders.read commerce.orders.write',
      });
      // The provider's default life took the place of the absurd one.
      expect(Number(row.expires_at) - Date.now()).toBeGreaterThan(3_500_000);
    });

    it('F36, S15: a token set moved to another row does not open', async () => {
      const other = await suite.connect({ merchant: 'mer_birch' });
      await suite.database.sql(
        'UPDATE flock_connection SET token_set = (SELECT token_set FROM flock_connection WHERE id = ?), changed_at = changed_at + 1000000 WHERE id = ?',
        [connection.id, other.id],
      );
      const fresh = await suite.another();
      const error = await failureOf(fresh.app.get(TokenService).getAccessToken(other.id));
      expect(error.code).toBe('connection_unreadable');
      expect(await fresh.app.get(TokenService).getAccessToken(connection.id)).toBe(await get());
    });

    it('F36: a token set with one bit changed does not open', async () => {
      const sealed = Buffer.from((await suite.row(connection.id)).token_set as Buffer);
      sealed[sealed.length - 20] = (sealed[sealed.length - 20] as number) ^ 1;
      await suite.database.sql('UPDATE flock_connection SET token_set = ? WHERE id = ?', [
        sealed,
        connection.id,
      ]);
      const fresh = await suite.another();
      const error = await failureOf(fresh.app.get(TokenService).getAccessToken(connection.id));
      expect(error.code).toBe('connection_unreadable');
    });

    it('F37, S16: rows of an unknown key are unreadable, not dead; others go on; readiness says so', async () => {
      const [first, second] = ['a', 'b'].map(
        (id) => `${id}:${Buffer.alloc(32, `key ${id} of this test`).toString('base64')}`,
      );
      const other = await suite.another({ flock: { encryptionKeys: first as string } });
      const error = await failureOf(other.app.get(TokenService).getAccessToken(connection.id));
      expect(error).toMatchObject({ code: 'connection_unreadable', retryable: false });
      expect((await suite.row(connection.id)).status).toBe('active');
      const { page } = await other.install({ merchant: 'mer_birch' });
      expect(page.status).toBe(303);
      // What has just been installed may be read anew: somebody asks for it again.
      const health = await until(async () => {
        await failureOf(other.app.get(TokenService).getAccessToken(connection.id));
        const { flock } = await other.app.get(FlockHealthIndicator).isHealthy();
        return flock?.unreadable === 1 && flock;
      });
      expect(health).toMatchObject({ status: 'down', unreadable: 1 });
      // A ring with both: the newest seals, the older still opens.
      const rotated = await suite.another({ flock: { encryptionKeys: `${second},${first}` } });
      const { connections } = await rotated.app
        .get(ConnectionService)
        .find({ merchant: 'mer_birch' });
      await expect(
        rotated.app.get(TokenService).getAccessToken((connections[0] as Connection).id),
      ).resolves.toEqual(expect.any(String));
    });

    it('S14, S31: nothing that the database holds contains a token, the code or the client secret', async () => {
      await suite.renew(connection.id);
      const tables: unknown[] = [];
      for (const table of [
        'flock_connection',
        'flock_authorization_request',
        'flock_event',
        'flock_circuit',
      ]) {
        tables.push(await suite.database.sql(`SELECT * FROM ${table}`));
      }
      const rows = JSON.stringify(tables, (_key, value: unknown) => {
        const bytes = value as { type?: string; data?: number[] } | null;
        return bytes?.type === 'Buffer' ? Buffer.from(bytes.data ?? []).toString('latin1') : value;
      });
      const { client_secret } = suite.sandbox.flint.app;
      const secrets = [...suite.sandbox.flint.secretsSeen(), client_secret];
      expect(secrets.length).toBeGreaterThan(5);
      for (const secret of secrets) expect(rows).not.toContain(secret);
    });
  });

  describe('what the provider sends', () => {
    it('F13: an answer without a refresh token keeps the old one', async () => {
      suite.sandbox.flint.settings.rotation = false;
      fail({ kind: 'answer', omit: ['refresh_token', 'scope'] });
      await suite.renew(connection.id);
      expect(await works(await suite.renew(connection.id))).toBe(true);
      expect((await suite.connections.get(connection.id)).scopes).toEqual(connection.scopes);
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
      ['F16: a fraction as text', { set: { expires_in: '3600.5' } }, 3_600],
      ['F16: beyond a year', { set: { expires_in: 1e12 } }, 3_600],
    ])('%s expires_in', async (_case, change, seconds) => {
      fail({ kind: 'answer', ...change });
      expect(await works(await suite.renew(connection.id))).toBe(true);
      const left = (Number((await suite.row(connection.id)).expires_at) - Date.now()) / 1_000;
      expect(left).toBeGreaterThan(seconds - 30);
      expect(left).toBeLessThanOrEqual(seconds);
      // Still renewable.
      expect(await works(await suite.renew(connection.id))).toBe(true);
    });

    it.each<[string, Fault]>([
      ['F17: HTML', { kind: 'html' }],
      ['F17: truncated JSON', { kind: 'truncate' }],
      ['F17: an empty object', { kind: 'empty_object' }],
      ['F17: a token that is no text', { kind: 'answer', set: { access_token: 42 } }],
      ['F20: a 5xx', { kind: 'status', status: 502 }],
      ['F20: a connection that is cut', { kind: 'drop_before_commit' }],
      ['F20: a connection that is cut after the rotation', { kind: 'drop_after_commit' }],
      ['F22: a 64 MB body', { kind: 'huge_body' }],
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
      await untilRetryable(suite, connection.id);
      fail({ kind: 'answer', set: { note: 'x'.repeat(255 * 1_024) } }, 2);
      expect(await works(await suite.renew(connection.id))).toBe(true);
    });

    it('F20, F17: after two unknown outcomes the next try waits, and the valid token is served on', async () => {
      suite.sandbox.flint.settings.grace = { kind: 'until_used' };
      withoutTimer(suite.host, 'refresh');
      const token = await get();
      fail({ kind: 'html' }, 2);
      const error = await failureOf(
        suite.tokens.getAccessToken(connection.id, { rejected: token }),
      );
      expect(error).toMatchObject({ code: 'provider_unavailable', retryable: true });
      expect(await get()).toBe(token);
      expect(await suite.row(connection.id)).toMatchObject({
        status: 'active',
        failures: 1,
        unknown_outcomes: 2,
      });
      await untilRetryable(suite, connection.id);
      expect(await works(await suite.renew(connection.id))).toBe(true);
    });

    it.each<[string, Fault]>([
      ['F9, F18: 200 with an OAuth error', { kind: 'error', error: 'invalid_grant', status: 200 }],
      ['F9, F18: 400 invalid_grant', { kind: 'error', error: 'invalid_grant', status: 400 }],
    ])('%s says by its code that the grant is dead', async (_case, fault) => {
      fail(fault);
      const error = await failureOf(suite.renew(connection.id));
      expect(error).toMatchObject({ code: 'reauthorization_required', retryable: false });
      expect(String(error.connectUrl)).toContain('/flint/install?mode=test');
      expect(await suite.row(connection.id)).toMatchObject({ status_reason: 'invalid_grant' });
      // Never sent again.
      await failureOf(get());
      expect(refreshCalls(suite)).toHaveLength(1);
    });

    it.each<[string, Fault]>([
      ['a 400 without JSON', { kind: 'status', status: 400, body: 'nonsense' }],
      ['invalid_request', { kind: 'error', error: 'invalid_request', status: 400 }],
      ['unauthorized_client', { kind: 'error', error: 'unauthorized_client', status: 400 }],
    ])('F18: %s marks no merchant dead', async (_case, fault) => {
      fail(fault);
      await failureOf(suite.renew(connection.id));
      expect((await suite.row(connection.id)).status).toBe('active');
      await untilRetryable(suite, connection.id);
      expect(await works(await suite.renew(connection.id))).toBe(true);
    });

    it('F19: Retry-After is honoured by every instance, and the valid token is served on', async () => {
      const other = await suite.another();
      const token = await get();
      fail({ kind: 'rate_limit', retryAfter: 120 });
      const error = await failureOf(suite.renew(connection.id));
      expect(error).toMatchObject({
        code: 'provider_rate_limited',
        retryable: true,
        retryAfterSeconds: 120,
      });
      const theirs = await failureOf(
        other.app.get(TokenService).getAccessToken(connection.id, { rejected: token }),
      );
      expect(theirs.code).toBe('provider_rate_limited');
      expect(await get()).toBe(token);
      expect(refreshCalls(suite)).toHaveLength(1);
    });

    it('F19: no Retry-After holds a connection back for more than an hour', async () => {
      fail({ kind: 'rate_limit', retryAfter: 999_999 });
      expect(await failureOf(suite.renew(connection.id))).toMatchObject({
        code: 'provider_rate_limited',
        retryAfterSeconds: 3_600,
      });
    });

    it.each<[string, Fault]>([
      ['F21: no answer', { kind: 'hang' }],
      ['F21: a body that drips', { kind: 'slow_body', ms: 200 }],
    ])('%s ends at the one deadline, as unknown', async (_case, fault) => {
      suite.sandbox.flint.settings.grace = { kind: 'until_used' };
      const hasty = await suite.another({ flock: { refresh: { httpTimeoutMs: 300 } } });
      const tokens = hasty.app.get(TokenService);
      const token = await tokens.getAccessToken(connection.id);
      fail(fault, 2);
      const error = await failureOf(tokens.getAccessToken(connection.id, { rejected: token }));
      expect(error).toMatchObject({ code: 'provider_unavailable', retryable: true });
      const events = await suite.events(connection.id);
      expect(events).toContainEqual(
        expect.objectContaining({ action: 'refresh', outcome: 'unknown', reason: 'timeout' }),
      );
      expect(await suite.row(connection.id)).toMatchObject({ status: 'active' });
    });

    it.each([301, 302, 303, 307, 308] as const)(
      'F23, S18: a %d is not followed with the secret',
      async (status) => {
        fail({ kind: 'redirect', to: `${suite.sandbox.flint.url}/v1/orders`, status });
        await failureOf(suite.renew(connection.id));
        expect(suite.sandbox.flint.apiCalls).toEqual([]);
        expect(refreshCalls(suite)).toHaveLength(1);
        expect((await suite.row(connection.id)).status).toBe('active');
      },
    );

    it('F24, S31: a wrong client secret stops this app, marks no merchant, and ends when it is right again', async () => {
      const second = await suite.connect({ merchant: 'mer_birch' });
      const tokens = { one: await get(), two: await suite.tokens.getAccessToken(second.id) };
      fail({ kind: 'error', error: 'invalid_client', status: 401 }, 50);
      const errors: unknown[] = [];
      const started = performance.now();
      for (let round = 0; round < 6; round += 1) {
        errors.push(
          (await failureOf(suite.tokens.getAccessToken(connection.id, { rejected: tokens.one })))
            .code,
        );
        errors.push(
          (await failureOf(suite.tokens.getAccessToken(second.id, { rejected: tokens.two }))).code,
        );
      }
      expect(new Set(errors)).toEqual(new Set(['app_credentials_rejected']));
      // Two answers close it for all; after that only probes go out, one per interval.
      const probes = 1 + (performance.now() - started) / (QUICK.probeIntervalMs ?? 0);
      expect(refreshCalls(suite).length).toBeLessThanOrEqual(2 + probes);
      for (const id of [connection.id, second.id])
        expect((await suite.row(id)).status).toBe('active');
      expect(await get()).toBe(tokens.one);
      const stopped = (await suite.events()).filter((event) => event.action === 'credential');
      expect(stopped).toHaveLength(1);
      suite.sandbox.faults.clear();
      const renewed = await until(() =>
        suite.tokens.getAccessToken(connection.id, { rejected: tokens.one }).catch(() => undefined),
      );
      expect(await works(renewed)).toBe(true);
    });

    it('F24: a secret that a resolver replaces is taken at once', async () => {
      const { client_secret } = suite.sandbox.flint.app;
      let secret = client_secret;
      const host = await suite.another({ flint: { clientSecret: () => secret } });
      const tokens = host.app.get(TokenService);
      const token = await tokens.getAccessToken(connection.id);
      const replaced = suite.sandbox.flint.rotateClientSecret();
      const calls: string[] = [];
      secret = client_secret;
      const held = suite.sandbox.faults.add({
        on: 'token.refresh',
        fault: { kind: 'hold', committed: false },
      });
      const renewing = tokens.getAccessToken(connection.id, { rejected: token });
      await held.reached;
      secret = replaced;
      held.release();
      expect(await works(await renewing)).toBe(true);
      calls.push(...refreshCalls(suite).map((call) => call.outcome));
      expect(calls).toEqual(['refused', 'issued']);
    });

    it('F24: a credential that was replaced is not reported as stopped for ever', async () => {
      const circuits = suite.host.app.get(CircuitService);
      // Nobody tries it but this test.
      withoutTimer(suite.host, 'refresh');
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
      fail({ kind: 'answer', set: { scope: 'commerce.orders.read' }, omit: ['token_type'] });
      await suite.renew(connection.id);
      expect((await suite.connections.get(connection.id)).scopes).toEqual(['commerce.orders.read']);
      expect(await suite.events(connection.id)).toContainEqual(
        expect.objectContaining({ outcome: 'scopes_reduced', reason: 'commerce.orders.write' }),
      );
    });
  });

  describe('reinstall and withdrawal', () => {
    it('F43: a renewal in flight does not overwrite a new install', async () => {
      const held = fail({ kind: 'hold', committed: false });
      const late = suite.renew(connection.id).catch(() => undefined);
      await held.reached;
      const page = suite.host.install();
      // The install waits for the claim, within its life; the old result comes first or is void.
      await until(() =>
        suite.sandbox.flint.tokenCalls.some(
          (call) => call.grant_type === 'authorization_code' && call.id > 1,
        ),
      );
      held.release();
      await late;
      expect((await page).page.status).toBe(303);
      const row = await suite.row(connection.id);
      expect(row).toMatchObject({ status: 'active', generation: 2 });
      const fresh = await suite.another();
      expect(await works(await fresh.app.get(TokenService).getAccessToken(connection.id))).toBe(
        true,
      );
    });

    it('F44: a disconnect during a renewal wins, everywhere', async () => {
      const other = await suite.another();
      await other.app.get(TokenService).getAccessToken(connection.id);
      const held = fail({ kind: 'hold' });
      const late = failureOf(suite.renew(connection.id));
      await held.reached;
      await suite.connections.disconnect(connection.id);
      held.release();
      expect((await late).code).toBe('connection_revoked');
      const row = await suite.row(connection.id);
      expect(row).toMatchObject({
        status: 'revoked',
        token_set: null,
        status_reason: 'disconnected',
      });
      await until(() =>
        other.app
          .get(TokenService)
          .getAccessToken(connection.id)
          .then(
            () => undefined,
            (error: FlockError) => error.code === 'connection_revoked',
          ),
      );
    });

    it('F33: a new install clears every pause and counter', async () => {
      fail({ kind: 'rate_limit', retryAfter: 600 });
      await failureOf(suite.renew(connection.id));
      await suite.host.install();
      const row = await suite.row(connection.id);
      expect(row).toMatchObject({ failures: 0, failure: null, retry_at: null, generation: 2 });
      expect(await works(await suite.renew(connection.id))).toBe(true);
    });
  });

  it('rescue files are gone when all is stored', () => {
    const files = (() => {
      try {
        return readdirSync(join(suite.database.directory, 'rescue'));
      } catch {
        return [];
      }
    })();
    expect(files).toEqual([]);
  });

  it('S26: what the host is given to show of a connection holds no token', async () => {
    await suite.renew(connection.id);
    const { connections } = await suite.connections.find();
    const one = await suite.connections.get(connection.id);
    const trail = await suite.host.app.get(AuditService).list();
    const { deliveries } = await suite.host.app.get(DeliveryService).list();
    expect(deliveries.length).toBeGreaterThan(0);
    expect(deliveries.filter((delivery) => 'body' in delivery)).toEqual([]);
    const shown = inspect([connections, one, trail, deliveries], { depth: 12, showHidden: true });
    expect(shown).toContain(connection.id);
    for (const secret of suite.sandbox.flint.secretsSeen()) expect(shown).not.toContain(secret);
  });

  it('S26: the audit trail names actor, action and outcome of every change', async () => {
    await suite.connections.disconnect(connection.id, {
      actor: 'user-7',
      reason: 'closed_account',
    });
    const events = await suite.host.app.get(AuditService).list({ connectionId: connection.id });
    expect(
      events.map(({ actor, action, outcome, reason }) => ({ actor, action, outcome, reason })),
    ).toEqual([
      { actor: 'user-7', action: 'disconnect', outcome: 'revoked', reason: 'closed_account' },
      { actor: 'merchant', action: 'install', outcome: 'connected', reason: null },
    ]);
  });
});
