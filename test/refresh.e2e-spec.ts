import {
  AuditService,
  ConnectionService,
  DeliveryService,
  FlockHealthIndicator,
  TokenService,
} from '@nest-flock/core';
import type { Connection, FlockError, TokenResponse, TokenTransport } from '@nest-flock/core';
import type { Fault } from '@nest-flock/sandbox';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { inspect } from 'node:util';
import { CircuitService } from '../libs/core/src/refresh/circuit.service.js';
import {
  driveIntervals,
  driveMonotonicClock,
  driveTimeouts,
  holdMonotonicClock,
} from './support/clock.js';
import type { DrivenClock } from './support/clock.js';
import { DATABASES } from './support/databases.js';
import { QUICK } from './support/host.js';
import type { Host } from './support/host.js';
import { NoisyLogger } from './support/noisy-logger.js';
import { OrdersController } from './support/orders.controller.js';
import { failureOf, until } from './support/poll.js';
import { refuseTokens } from './support/refuse-tokens.js';
import { countSteps } from './support/renewal-steps.js';
import { rescueFiles } from './support/rescue-files.js';
import { startEndlessEndpoint, startSilentServer } from './support/silent-server.js';
import type { SilentServer } from './support/silent-server.js';
import { refreshCalls, startSuite, untilRetryable } from './support/suite.js';
import type { Suite } from './support/suite.js';
import { startProxy } from './support/tcp-proxy.js';
import { startTokenEndpoint } from './support/token-endpoint.js';
import { withoutTimer } from './support/without-timer.js';

const HOUR = 3_600_000;

/** Answers nothing before it is released, and then every call with a failure. */
class SlowFailure implements TokenTransport {
  calls = 0;
  readonly asked: Promise<void>;
  private readonly released: Promise<void>;
  private reach: () => void = () => undefined;
  release: () => void = () => undefined;

  constructor(private readonly status: number) {
    this.asked = new Promise((resolve) => (this.reach = resolve));
    this.released = new Promise((resolve) => (this.release = resolve));
  }

  async send(): Promise<TokenResponse> {
    this.calls += 1;
    this.reach();
    await this.released;
    return { kind: 'answered', status: this.status, body: '' };
  }

  async close(): Promise<void> {}
}

describe.each(DATABASES)('renewing on %s', (_name, open) => {
  let suite: Suite;
  let connection: Connection;
  /** Given back after the test. */
  const clocks: DrivenClock[] = [];

  beforeEach(async () => {
    suite = await startSuite(open);
    connection = await suite.connect();
  });
  afterEach(async () => {
    for (const clock of clocks.splice(0)) clock.release();
    await suite.stop();
  });

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
  /** A minute goes by, so that the default time between two renewals of a connection is over. */
  const ageAll = () =>
    suite.database.sql(
      'UPDATE flock_connection SET refreshed_at = refreshed_at - 60000, expires_at = expires_at - 60000',
    );
  const callsOf = ({ account }: Connection) =>
    refreshCalls(suite).filter(({ environment_grant_id }) => environment_grant_id === account);

  describe('one provider call', () => {
    it('F8: two instances that renew at once make one call and share its token', async () => {
      const other = await suite.another();
      const rejected = await get();
      const held = fail({ kind: 'hold' });
      const steps = countSteps();
      const many = (host: Host) =>
        Promise.allSettled(
          Array.from({ length: 50 }, () =>
            host.app.get(TokenService).getAccessToken(connection.id, { rejected }),
          ),
        );
      const mine = many(suite.host);
      await held.reached;
      // Fifty callers of one process ask the store once.
      expect(steps.of('claiming')).toBe(1);
      const theirs = many(other);
      // The store refuses the other process, which asks again later.
      await until(() => steps.of('claiming') >= 3 || refreshCalls(suite).length > 1);
      steps.stop();
      expect(refreshCalls(suite)).toHaveLength(1);
      held.release();
      const outcomes = [...(await mine), ...(await theirs)];
      const tokens = new Set(outcomes.map((one) => one.status === 'fulfilled' && one.value));
      expect(tokens.size).toBe(1);
      expect(refreshCalls(suite)).toHaveLength(1);
      expect(await works([...tokens][0] as string)).toBe(true);
    });

    it('F8: a renewal of before a new install holds up nobody after it', async () => {
      const held = fail({ kind: 'hold', committed: false });
      const late = suite.renew(connection.id).catch(() => undefined);
      await held.reached;
      // Its claim has ended, so the install need not wait for it.
      await suite.database.sql('UPDATE flock_connection SET claim_until = 1 WHERE id = ?', [
        connection.id,
      ]);
      await suite.host.install();
      expect(await works(await suite.renew(connection.id))).toBe(true);
      held.release();
      await late;
      expect(await works(await get())).toBe(true);
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

    it('F11: who may still use a token that is due gets it at once, while it is renewed', async () => {
      await suite.database.sql(
        'UPDATE flock_connection SET expires_at = expires_at - 3480000, refreshed_at = refreshed_at - 3480000 WHERE id = ?',
        [connection.id],
      );
      const fresh = (await suite.another()).app.get(TokenService);
      const held = fail({ kind: 'hold' });
      const token = await fresh.getAccessToken(connection.id);
      await held.reached;
      expect(await works(token)).toBe(true);
      held.release();
      await until(async () => (await fresh.getAccessToken(connection.id)) !== token);
    });

    it('F11: who waits for another process, or for the provider, leaves after 15 s', async () => {
      const second = await suite.connect({ merchant: 'mer_birch' });
      await ageAll();
      // Only the caller's own deadline is meant to end anything here.
      const flock = { refresh: { httpTimeoutMs: 60_000 } };
      const holder = (await suite.another({ flock })).app.get(TokenService);
      const tokens = (await suite.another({ defaults: 'all', flock })).app.get(TokenService);
      const rejected = await tokens.getAccessToken(connection.id);
      const their = await tokens.getAccessToken(second.id);
      const held = fail({ kind: 'hold' }, 2);
      const timers = driveTimeouts(12_000);
      const now = holdMonotonicClock();
      clocks.push(timers, now);
      const leaves = async (waiter: Promise<unknown>) =>
        expect(await failureOf(waiter)).toMatchObject({ code: 'refresh_timeout', retryable: true });
      const renewing = holder.getAccessToken(connection.id, { rejected });
      await held.reached;
      const steps = countSteps();
      const waiting = tokens.getAccessToken(connection.id, { rejected });
      await until(() => steps.of('claiming') >= 2);
      steps.stop();
      await now.advance(15_000);
      await leaves(waiting);
      // Here the call itself takes its time; only this caller leaves.
      const calling = tokens.getAccessToken(second.id, { rejected: their });
      await until(() => held.waiting === 2);
      await timers.advance(14_999);
      expect(await Promise.race([calling, suite.row(second.id)])).toMatchObject({
        id: second.id,
        status: 'active',
      });
      await timers.advance(1);
      await now.advance(15_000);
      await leaves(calling);
      held.release();
      await renewing;
      await until(async () => Number((await suite.row(second.id)).token_version) === 2);
    });

    it('F12: all waiters leave with a retryable error when the holder meets a 5xx', async () => {
      const provider = new SlowFailure(503);
      const hour = 3_600_000;
      const holder = await suite.another({
        flock: {
          tokenTransport: provider,
          refresh: { backoffBaseMs: hour, backoffCapMs: hour },
        },
      });
      // What comes due again meanwhile is not renewed by a timer.
      for (const host of [suite.host, holder]) withoutTimer(host, 'refresh');
      const rejected = await get();
      const many = ({ app }: Host) =>
        Array.from({ length: 50 }, () =>
          failureOf(app.get(TokenService).getAccessToken(connection.id, { rejected })),
        );
      const mine = many(holder);
      await provider.asked;
      const steps = countSteps();
      const theirs = many(suite.host);
      // Refused by the store once, they wait.
      await until(() => steps.of('claiming') >= 2);
      steps.stop();
      provider.release();
      const errors = await Promise.all([...mine, ...theirs]);
      expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['provider_unavailable']));
      expect(errors.every(({ retryable }) => retryable === true)).toBe(true);
      // One attempt, which sends twice: the failure is recorded for all, also for who comes later.
      expect(
        await failureOf(suite.tokens.getAccessToken(connection.id, { rejected })),
      ).toMatchObject({ code: 'provider_unavailable', retryable: true });
      expect(provider.calls).toBe(2);
      expect(refreshCalls(suite)).toEqual([]);
      const row = await suite.row(connection.id);
      expect(row).toMatchObject({ failure: 'unknown_outcome', failures: 1, claim_id: null });
      expect(Number(row.retry_at) - Date.now()).toBeGreaterThan(hour / 20);
      expect(await get()).toBe(rejected);
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
      // Who comes late was refused with a token that is no longer the present one.
      expect(await suite.tokens.getAccessToken(connection.id, { rejected: token })).toBe(all[0]);
      expect(refreshCalls(suite)).toHaveLength(1);
    });

    it('F32: a token that is rejected as soon as it is issued is renewed at most every 5 s', async () => {
      const setRefreshed = (at: number) =>
        suite.database.sql('UPDATE flock_connection SET refreshed_at = ? WHERE id = ?', [
          at,
          connection.id,
        ]);
      // Another process has renewed it meanwhile: the store decides, not what is remembered.
      const hourly = await suite.another({ flock: { refresh: { minIntervalMs: HOUR } } });
      const theirs = hourly.app.get(TokenService);
      await setRefreshed(Date.now() - 2 * HOUR);
      const first = await theirs.getAccessToken(connection.id);
      await setRefreshed(Date.now() - 60_000);
      expect(
        await failureOf(theirs.getAccessToken(connection.id, { rejected: first })),
      ).toMatchObject({ code: 'refresh_timeout', retryable: true });
      expect(refreshCalls(suite)).toEqual([]);

      const careful = await suite.another({ defaults: ['minIntervalMs'] });
      const tokens = careful.app.get(TokenService);
      const clock = holdMonotonicClock();
      clocks.push(clock);
      expect(await tokens.getAccessToken(connection.id)).toBe(first);
      const rejected = await tokens.getAccessToken(connection.id, { rejected: first });
      const again = () => tokens.getAccessToken(connection.id, { rejected });
      const tooSoon = { code: 'provider_unavailable', retryable: true, retryAfterSeconds: 5 };
      for (let round = 0; round < 20; round += 1) {
        expect(await failureOf(again())).toMatchObject(tooSoon);
      }
      await clock.advance(4_999);
      expect(await failureOf(again())).toMatchObject(tooSoon);
      expect(refreshCalls(suite)).toHaveLength(1);
      await clock.advance(1);
      await setRefreshed(Date.now() - 5_000);
      expect(await again()).not.toBe(rejected);
      expect(refreshCalls(suite)).toHaveLength(2);
    });

    it('F7: the renewal goes on when the caller who started it has left', async () => {
      const token = await get();
      const held = fail({ kind: 'hold' });
      const abort = new AbortController();
      const caller = suite.tokens.getAccessToken(connection.id, {
        rejected: token,
        signal: abort.signal,
      });
      const other = suite.tokens.getAccessToken(connection.id, { rejected: token });
      await held.reached;
      abort.abort();
      await failureOf(caller);
      held.release();
      expect(await works(await other)).toBe(true);
      expect(await get()).toBe(await other);
      expect(await suite.row(connection.id)).toMatchObject({ token_version: 2 });
      expect(refreshCalls(suite)).toHaveLength(1);
    });
  });

  describe('what a dead process leaves', () => {
    const TAKERS = ['a caller', 'the scheduler'] as const;
    type Taker = (typeof TAKERS)[number];

    /** Has a host renew the connection: for a caller who comes again and again, or because it is due. */
    const renewBy = async (taker: Taker, { app }: Host, id = connection.id) => {
      const version = Number((await suite.row(id)).token_version);
      if (taker === 'the scheduler') {
        await suite.database.sql('UPDATE flock_connection SET due_at = ? WHERE id = ?', [
          Date.now() - 1,
          id,
        ]);
        return () => until(async () => Number((await suite.row(id)).token_version) > version);
      }
      const tokens = app.get(TokenService);
      const rejected = await tokens.getAccessToken(id);
      const renewed = until(() =>
        tokens
          .getAccessToken(id, { rejected })
          .catch(({ retryable }: FlockError) => (retryable ? undefined : 'refused')),
      );
      return () => renewed;
    };
    /** As if a process had claimed it and died; its claim ended so long ago. */
    const dieBefore = (agoMs: number) =>
      suite.database.sql(
        `UPDATE flock_connection SET claim_id = 'gone', claim_owner = 'gone',
           claim_version = token_version, claim_until = ? WHERE id = ?`,
        [Date.now() - agoMs, connection.id],
      );

    it.each(TAKERS)(
      'F1, F3, F10: the claim of %s names the token version and ends 20 s after it was taken',
      async (taker) => {
        withoutTimer(suite.host, 'refresh');
        await ageAll();
        const host = await suite.another({ defaults: 'all' });
        const held = fail({ kind: 'hold' });
        const before = Date.now();
        const renewed = await renewBy(taker, host);
        await held.reached;
        const row = await suite.row(connection.id);
        expect(row).toMatchObject({ claim_version: 1, token_version: 1 });
        expect(row.claim_id).not.toBeNull();
        const takenAt = Number(row.claim_until) - 20_000;
        // The database rounds its clock.
        expect(takenAt).toBeGreaterThanOrEqual(before - 1);
        expect(takenAt).toBeLessThanOrEqual(Date.now() + 1);
        held.release();
        await renewed();
      },
    );

    it.each(TAKERS)(
      'F1, F2: 120 s after the end of a dead process’s claim %s takes it over, and an unknown outcome counts',
      async (taker) => {
        withoutTimer(suite.host, 'refresh');
        const token = await get();
        const second = await suite.connect({ merchant: 'mer_birch' });
        await ageAll();
        const clock = driveMonotonicClock();
        clocks.push(clock);
        const host = await suite.another({
          defaults: 'all',
          flock: { refresh: { waitMs: 300 } },
        });
        // The store has been there for longer than any process needs to bring what it holds.
        await clock.advance(41_000);
        await dieBefore(60_000);
        if (taker === 'the scheduler') {
          await suite.database.sql('UPDATE flock_connection SET due_at = ?', [Date.now() - 1]);
          await until(async () => Number((await suite.row(second.id)).token_version) === 2);
        } else {
          const tokens = host.app.get(TokenService);
          expect(
            await failureOf(tokens.getAccessToken(connection.id, { rejected: token })),
          ).toMatchObject({ code: 'refresh_timeout' });
        }
        expect(callsOf(connection)).toEqual([]);
        expect(await suite.row(connection.id)).toMatchObject({ claim_id: 'gone' });
        expect(await host.app.get(TokenService).getAccessToken(connection.id)).toBe(token);

        const held = fail({ kind: 'hold' });
        await dieBefore(121_000);
        const renewed = await renewBy(taker, host);
        await held.reached;
        expect(await suite.row(connection.id)).toMatchObject({ unknown_outcomes: 1 });
        held.release();
        await renewed();
        expect(callsOf(connection)).toHaveLength(1);
        expect(await suite.row(connection.id)).toMatchObject({
          status: 'active',
          unknown_outcomes: 0,
          claim_id: null,
        });
        expect(await works(await get())).toBe(true);
      },
    );

    it.each(TAKERS)(
      'F2: a token that is refused to %s after a dead process may have spent it is told as lost, once',
      async (taker) => {
        await get();
        const { token_set } = await suite.row(connection.id);
        fail({ kind: 'error', error: 'invalid_grant' }, Infinity);
        await dieBefore(Date.now() - 1);
        await renewBy(taker, suite.host);
        const row = await until(async () => {
          const now = await suite.row(connection.id);
          return now.status === 'reauthorization_required' && now;
        });
        expect(row).toMatchObject({ status_reason: 'rotation_lost', token_set });
        expect(callsOf(connection)).toHaveLength(1);
        const events = await suite.events(connection.id);
        expect(events.filter(({ action }) => action === 'refresh')).toMatchObject([
          { outcome: 'reauthorization_required', reason: 'rotation_lost' },
        ]);
      },
    );
  });

  describe('storing', () => {
    it('F4: what the store refuses is in a file first, is tried again for 10 s, and then left to the next process', async () => {
      const second = await suite.connect({ merchant: 'mer_birch' });
      await ageAll();
      const holder = await suite.another({
        defaults: 'all',
        flock: { background: false, refresh: { waitMs: 120_000 } },
      });
      // What stores it is the attempt itself, or the next process; nothing else changes what it remembers.
      for (const timer of ['rescue', 'feed']) withoutTimer(holder, timer);
      for (const host of [suite.host, holder]) withoutTimer(host, 'adopt');
      const tokens = holder.app.get(TokenService);
      const [first, other] = await Promise.all(
        [connection, second].map(({ id }) => tokens.getAccessToken(id)),
      );
      const clock = holdMonotonicClock();
      clocks.push(clock);
      await clock.advance(1_000);
      const rescued = () => until(() => rescueFiles(suite.database)[0]);

      let accept = await refuseTokens(suite.database);
      const patient = tokens.getAccessToken(connection.id, { rejected: first as string });
      await rescued();
      await clock.advance(9_999);
      // Refused in the meantime, it is not given up.
      await Promise.race([patient, wait(1_000)]);
      await accept();
      expect(await works(await patient)).toBe(true);
      expect(rescueFiles(suite.database)).toEqual([]);

      accept = await refuseTokens(suite.database);
      await clock.advance(1_000);
      const failing = failureOf(tokens.getAccessToken(second.id, { rejected: other as string }));
      const file = readFileSync(join(suite.database.directory, 'rescue', await rescued()), 'utf8');
      for (const secret of suite.sandbox.flint.secretsSeen()) expect(file).not.toContain(secret);
      await clock.advance(10_000);
      expect(await failing).toMatchObject({ code: 'provider_unavailable', retryable: true });
      expect(await tokens.getAccessToken(second.id)).toBe(other);
      await accept();
      clock.release();
      expect(await suite.row(second.id)).toMatchObject({ token_version: 1 });
      expect(rescueFiles(suite.database)).toHaveLength(1);
      const next = await suite.another({ flock: { background: false } });
      expect(await suite.row(second.id)).toMatchObject({ status: 'active', token_version: 2 });
      expect(rescueFiles(suite.database)).toEqual([]);
      expect(await works(await next.app.get(TokenService).getAccessToken(second.id))).toBe(true);
      expect(refreshCalls(suite)).toHaveLength(2);
    });

    it('F5: an unrelated write to the row in between does not cost the new token', async () => {
      const held = fail({ kind: 'hold' });
      const renewing = suite.renew(connection.id);
      await held.reached;
      const kept = {
        owner: 'tenant-9',
        merchant: 'other',
        install: 'another',
        session_epoch: 7,
      };
      // Everything else that another process may have written meanwhile.
      const written: Record<string, string | number> = {
        ...kept,
        used_version: 1,
        scopes: 'other',
        claim_id: 'another',
        claim_owner: 'another',
        claim_until: 1,
        claim_version: 0,
        due_at: 1,
        retry_at: Date.now() + 3_600_000,
        failure: 'throttled',
        failures: 3,
        unknown_outcomes: 2,
        changed_at: 1,
        installed_at: 1,
        refreshed_at: 1,
        expires_at: 1,
      };
      await suite.database.sql(
        `UPDATE flock_connection SET ${Object.keys(written)
          .map((column) => `${column} = ?`)
          .join(', ')} WHERE id = ?`,
        [...Object.values(written), connection.id],
      );
      held.release();
      expect(await works(await renewing)).toBe(true);
      expect(await suite.row(connection.id)).toMatchObject({
        ...kept,
        token_version: 2,
        retry_at: null,
        claim_id: null,
      });
      expect(refreshCalls(suite)).toHaveLength(1);
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

    it('F36: a token set moved to another column does not open', async () => {
      await suite.database.sql('UPDATE flock_connection SET credential = token_set WHERE id = ?', [
        connection.id,
      ]);
      expect((await failureOf(suite.renew(connection.id))).code).toBe('connection_unreadable');
      expect(refreshCalls(suite)).toEqual([]);
    });

    it('F36: a token set with a bit of any of its bytes changed does not open', async () => {
      const token = await get();
      const put = async (sealed: Buffer) => {
        await suite.database.sql('UPDATE flock_connection SET token_set = ? WHERE id = ?', [
          sealed,
          connection.id,
        ]);
        // Reads the row anew, whatever is in memory.
        await suite.connections.get(connection.id);
      };
      const whole = (await suite.row(connection.id)).token_set as Buffer;
      for (const [at, byte] of whole.entries()) {
        const changed = Buffer.from(whole);
        changed[at] = byte ^ (1 << (at % 8));
        await put(changed);
        expect([at, (await failureOf(get())).code]).toEqual([at, 'connection_unreadable']);
      }
      await put(whole);
      expect(await get()).toBe(token);
    });

    it('F37, S16: rows of an unknown key are unreadable, not dead; others go on; readiness says so', async () => {
      const [first, second] = ['a', 'b'].map(
        (id) => `${id}:${Buffer.alloc(32, `key ${id} of this test`).toString('base64')}`,
      );
      // Only who lacks the key tries to renew.
      withoutTimer(suite.host, 'refresh');
      const lost = [connection.id, (await suite.connect({ merchant: 'mer_cedar' })).id];
      const token = await get();
      const other = await suite.another({ flock: { encryptionKeys: first as string } });
      const theirs = (id: string) => other.app.get(TokenService).getAccessToken(id);
      const { page } = await other.install({ merchant: 'mer_birch' });
      expect(page.status).toBe(303);
      // What has just been installed may be read anew: somebody asks for it again.
      const health = await until(async () => {
        for (const id of lost) {
          expect(await failureOf(theirs(id))).toMatchObject({
            code: 'connection_unreadable',
            retryable: false,
          });
        }
        const { flock } = await other.app.get(FlockHealthIndicator).isHealthy();
        return flock?.unreadable === lost.length && flock;
      });
      expect(health).toMatchObject({ status: 'down', unreadable: 2 });
      await suite.database.sql('UPDATE flock_connection SET due_at = ?', [Date.now() - 1_000]);
      for (const id of lost) {
        await until(async () => (await suite.row(id)).failure === 'unreadable');
        expect((await suite.row(id)).status).toBe('active');
      }
      const others = (await suite.connections.find({ merchant: 'mer_birch' })).connections;
      expect(await works(await theirs((others[0] as Connection).id))).toBe(true);
      // With the key they are back.
      withoutTimer(other, 'refresh');
      const back = (await suite.another()).app.get(TokenService);
      expect(await back.getAccessToken(connection.id)).toBe(token);
      await untilRetryable(suite, connection.id);
      expect(await works(await back.getAccessToken(connection.id, { rejected: token }))).toBe(true);
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
      const names = await suite.database.sql(
        suite.database.name === 'sqlite'
          ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'flock_%'"
          : "SELECT DISTINCT table_name AS name FROM information_schema.tables WHERE table_name LIKE 'flock_%'",
      );
      expect(names.length).toBeGreaterThan(8);
      const tables: unknown[] = [];
      for (const { name } of names) {
        tables.push(await suite.database.sql(`SELECT * FROM ${String(name)}`));
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
      expect((await suite.connections.get(connection.id)).scopes).toEqual(connection.scopes);
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
      withoutTimer(suite.host, 'refresh');
      // Long enough to be met.
      const slow = { refresh: { backoffBaseMs: 600_000, backoffCapMs: 600_000 } };
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
      withoutTimer(suite.host, 'refresh');
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
      withoutTimer(suite.host, 'refresh');
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
      for (const host of [suite.host, other]) withoutTimer(host, 'refresh');
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
        withoutTimer(suite.host, 'refresh');
        // The caller's own patience is not what ends it.
        const flock = { background: false, refresh: { waitMs: 600_000 } };
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
          expect.objectContaining({ action: 'refresh', outcome: 'unknown', reason: 'timeout' }),
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
      withoutTimer(suite.host, 'refresh');
      const logger = new NoisyLogger();
      // No connection is tried again of itself.
      const slow = { backoffBaseMs: 600_000, backoffCapMs: 600_000 };
      const settings = {
        flock: { background: false, refresh: slow },
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
      withoutTimer(suite.host, 'refresh');
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

    it('a credential that was replaced is not reported as stopped for ever', async () => {
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
      const host = await suite.another({ controllers: [OrdersController] });
      const { browser } = await host.install();
      const orders = async () => (await browser.open('/orders')).status;
      expect(await orders()).toBe(200);
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

      fail({ kind: 'answer', set: { scope: 'commerce.orders.write' } });
      await renew();
      expect((await suite.connections.get(connection.id)).scopes).toEqual([
        'commerce.orders.write',
      ]);
      expect(await suite.events(connection.id)).toContainEqual(
        expect.objectContaining({ outcome: 'scopes_reduced', reason: 'commerce.orders.read' }),
      );
      // It asks for what is no longer granted.
      expect(await orders()).toBe(403);
    });
  });

  describe('reinstall and withdrawal', () => {
    it.each([
      // The install waits for the claim, within its life; the old result comes first or is void.
      ['under its claim', false],
      ['whose claim has lapsed', true],
    ])('F43: a renewal in flight %s does not overwrite a new install', async (_what, lapsed) => {
      const held = fail({ kind: 'hold', committed: lapsed });
      const late = suite.renew(connection.id).catch(() => undefined);
      await held.reached;
      if (lapsed) await suite.database.sql('UPDATE flock_connection SET claim_until = 1');
      const page = suite.host.install();
      await until(() =>
        suite.sandbox.flint.tokenCalls.some(
          (call) => call.grant_type === 'authorization_code' && call.id > 1,
        ),
      );
      if (lapsed) await page;
      const { token_set: installed } = await suite.row(connection.id);
      held.release();
      await late;
      expect((await page).page.status).toBe(303);
      const row = await suite.row(connection.id);
      expect(row).toMatchObject({ status: 'active', generation: 2 });
      if (lapsed) expect(row.token_set).toEqual(installed);
      const fresh = await suite.another();
      expect(await works(await fresh.app.get(TokenService).getAccessToken(connection.id))).toBe(
        true,
      );
    });

    it('F44: a disconnect during a renewal wins, and every process obeys within 2 s', async () => {
      const clock = driveIntervals();
      try {
        const other = await suite.another({ flock: { background: false } });
        const theirs = other.app.get(TokenService);
        await theirs.getAccessToken(connection.id);
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
        await clock.advance(2_000);
        await until(() =>
          theirs.getAccessToken(connection.id).then(
            () => undefined,
            (error: FlockError) => error.code === 'connection_revoked',
          ),
        );
      } finally {
        clock.release();
      }
    });

    it('F33: a new install clears every pause, counter and failure', async () => {
      fail({ kind: 'rate_limit', retryAfter: 600 });
      await failureOf(suite.renew(connection.id));
      const clean = {
        status: 'active',
        status_reason: null,
        failure: null,
        failures: 0,
        unknown_outcomes: 0,
        retry_at: null,
        claim_id: null,
        claim_owner: null,
        claim_until: null,
        claim_version: null,
      };
      // What else a connection may have met, all at once.
      await suite.database.sql(
        `UPDATE flock_connection SET status = 'reauthorization_required', status_reason = 'invalid_grant',
           failures = 7, unknown_outcomes = 3, claim_id = 'gone', claim_owner = 'gone', claim_until = 1,
           claim_version = 1 WHERE id = ?`,
        [connection.id],
      );
      const before = await suite.row(connection.id);
      for (const [column, value] of Object.entries(clean))
        expect(before[column]).not.toEqual(value);
      await suite.host.install();
      expect(await suite.row(connection.id)).toMatchObject({ ...clean, generation: 2 });
      expect(await works(await suite.renew(connection.id))).toBe(true);
    });
  });

  describe('what another process remembers', () => {
    const codeOf = (asking: Promise<string>) =>
      asking.then(
        () => undefined,
        ({ code }: FlockError) => code,
      );

    it('F34: every process reads once a second what was withdrawn or replaced', async () => {
      const replaced = await suite.connect({ merchant: 'mer_birch' });
      // So that the first read brings nothing but what is done now.
      await suite.database.sql('UPDATE flock_connection SET changed_at = 1');
      const intervals = driveIntervals();
      clocks.push(intervals);
      const other = await suite.another({ flock: { background: false } });
      const theirs = (id: string) => other.app.get(TokenService).getAccessToken(id);
      const before = [await theirs(connection.id), await theirs(replaced.id)];
      await suite.connections.disconnect(connection.id);
      await suite.connect({ merchant: 'mer_birch' });
      await intervals.advance(999);
      expect([await theirs(connection.id), await theirs(replaced.id)]).toEqual(before);
      // One read is enough, if it begins after the commit.
      await intervals.advance(1);
      await until(async () => (await codeOf(theirs(connection.id))) === 'connection_revoked');
      await until(async () => (await theirs(replaced.id)) !== before[1]);
      expect(await works(await theirs(replaced.id))).toBe(true);
      // Commits do not come in the order of their times.
      await suite.database.sql(
        "UPDATE flock_connection SET status = 'reauthorization_required', changed_at = ? WHERE id = ?",
        [Date.now() - 9_000, replaced.id],
      );
      await intervals.advance(1_000);
      await until(async () => (await codeOf(theirs(replaced.id))) === 'reauthorization_required');
    });

    it('F34: an entry is read again after a minute, whatever the feed says', async () => {
      const beside = await suite.connect({ merchant: 'mer_birch' });
      // Older than anything that the feed looks at.
      await suite.database.sql('UPDATE flock_connection SET changed_at = 1');
      const other = await suite.another({ flock: { background: false } });
      const theirs = () => other.app.get(TokenService).getAccessToken(connection.id);
      const clock = holdMonotonicClock();
      clocks.push(clock);
      const token = await theirs();
      await suite.database.sql("UPDATE flock_connection SET status = 'revoked' WHERE id = ?", [
        connection.id,
      ]);
      await clock.advance(59_999);
      expect(await theirs()).toBe(token);
      // Who has not seen the store for a while does not wait for it.
      await other.app.get(ConnectionService).get(beside.id);
      await clock.advance(1);
      await until(async () => (await codeOf(theirs())) === 'connection_revoked');
    });
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
