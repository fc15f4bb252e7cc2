import {
  AuditService,
  ConnectionService,
  DeliveryService,
  TokenService,
  WebhookSecrets,
} from '@nest-flock/core';
import type { Connection, FlockError, TokenResponse, TokenTransport } from '@nest-flock/core';
import { inspect } from 'node:util';
import { driveIntervals, driveTimeouts, holdMonotonicClock } from '../support/clock.js';
import { DATABASES } from '../support/databases.js';
import type { Host } from '../support/host.js';
import { failureOf, until } from '../support/poll.js';
import { countSteps } from '../support/renewal-steps.js';
import { refreshCalls } from '../support/suite.js';
import type { Suite } from '../support/suite.js';
import { withoutTimer } from '../support/without-timer.js';
import { renewing } from '../support/renewing.js';
import { whsec } from '../webhook/support/signers.js';

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
  const { clocks, get, works, fail, ageAll } = renewing(
    open,
    (world) => ({ suite, connection } = world),
  );

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

    it('F9: who does not know yet that a connection was marked does not send its token', async () => {
      const rejected = await get();
      withoutTimer(suite.host, 'feed');
      await suite.database.sql(
        "UPDATE flock_connection SET status = 'reauthorization_required' WHERE id = ?",
        [connection.id],
      );
      const error = await failureOf(suite.tokens.getAccessToken(connection.id, { rejected }));
      expect(error.code).toBe('reauthorization_required');
      expect(refreshCalls(suite)).toEqual([]);
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
      const impatient = await suite.another({ flock: { renewal: { waitMs: 300 } } });
      const token = await get();
      const held = fail({ kind: 'hold' });
      const renewing = suite.tokens.getAccessToken(connection.id, { rejected: token });
      await held.reached;
      const waiter = impatient.app.get(TokenService);
      const served = await waiter.getAccessToken(connection.id);
      const error = await failureOf(waiter.getAccessToken(connection.id, { rejected: token }));
      held.release();
      await renewing;
      expect(served).toBe(token);
      expect(error).toMatchObject({ code: 'renewal_timeout', retryable: true });
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
      const flock = { renewal: { httpTimeoutMs: 60_000 } };
      const holder = (await suite.another({ flock })).app.get(TokenService);
      const tokens = (await suite.another({ defaults: 'all', flock })).app.get(TokenService);
      const rejected = await tokens.getAccessToken(connection.id);
      const their = await tokens.getAccessToken(second.id);
      const held = fail({ kind: 'hold' }, 2);
      const timers = driveTimeouts(12_000);
      const now = holdMonotonicClock();
      clocks.push(timers, now);
      const leaves = async (waiter: Promise<unknown>) =>
        expect(await failureOf(waiter)).toMatchObject({ code: 'renewal_timeout', retryable: true });
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
          renewal: { backoffBaseMs: hour, backoffCapMs: hour },
        },
      });
      // What comes due again meanwhile is not renewed by a timer.
      for (const host of [suite.host, holder]) withoutTimer(host, 'renewals');
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
      const other = await suite.another();
      // What it remembers nobody corrects.
      withoutTimer(other, 'feed');
      const theirs = other.app.get(TokenService);
      const token = await theirs.getAccessToken(connection.id);
      const all = await Promise.all(
        Array.from({ length: 100 }, () =>
          suite.tokens.getAccessToken(connection.id, { rejected: token }),
        ),
      );
      expect(new Set(all).size).toBe(1);
      expect(refreshCalls(suite)).toHaveLength(1);
      // Who comes late was refused with a token that is no longer the present one.
      expect(await suite.tokens.getAccessToken(connection.id, { rejected: token })).toBe(all[0]);
      // Nor does a process that still takes it for that.
      expect(await theirs.getAccessToken(connection.id, { rejected: token })).toBe(all[0]);
      expect(refreshCalls(suite)).toHaveLength(1);
    });

    it('F32: a token that is rejected as soon as it is issued is renewed at most every 5 s', async () => {
      const setRefreshed = (at: number) =>
        suite.database.sql('UPDATE flock_connection SET refreshed_at = ? WHERE id = ?', [
          at,
          connection.id,
        ]);
      // Another process has renewed it meanwhile: the store decides, not what is remembered.
      const hourly = await suite.another({ flock: { renewal: { minIntervalMs: HOUR } } });
      const theirs = hourly.app.get(TokenService);
      await setRefreshed(Date.now() - 2 * HOUR);
      const first = await theirs.getAccessToken(connection.id);
      await setRefreshed(Date.now() - 60_000);
      expect(
        await failureOf(theirs.getAccessToken(connection.id, { rejected: first })),
      ).toMatchObject({ code: 'renewal_timeout', retryable: true });
      // Nor may who wants a fresh one: it would spend what rotates.
      expect(await failureOf(theirs.getAccessToken(connection.id, { fresh: true }))).toMatchObject({
        code: 'renewal_timeout',
        retryable: true,
      });
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

    it('F7: a ref that a database cannot take fails its own caller, and none who asks at the same time', async () => {
      // It has read nothing yet: both are looked up, and look-ups of one moment share a statement.
      const { app } = await suite.another({ flock: { background: false } });
      const tokens = app.get(TokenService);
      const wrong = failureOf(tokens.getAccessToken(`${connection.id}\u0000`));
      const right = tokens.getAccessToken(connection.id);
      expect(await wrong).toMatchObject({ code: 'not_connected' });
      expect(await works(await right)).toBe(true);
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
    const secrets = suite.host.app.get(WebhookSecrets);
    await secrets.add({ provider: 'flint' }, whsec('one'));
    await secrets.clear({ provider: 'flint' });
    const ofSecrets = (await suite.events()).filter(({ action }) => action === 'webhook_secret');
    // Both may be of one millisecond.
    expect(ofSecrets.map(({ actor, outcome }) => [actor, outcome]).sort()).toEqual([
      ['host', 'added'],
      ['host', 'cleared'],
    ]);
  });
});
