import { TokenService } from '@nest-flock/core';
import { LocalSendLimits } from '@nest-flock/core/fleet';
import type { Connection } from '@nest-flock/core';
import { driveWaits, holdMonotonicClock } from '../support/clock.js';
import { DATABASES } from '../support/databases.js';
import { failureOf, until } from '../support/poll.js';
import { refreshCalls, startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';

const [, openSqlite] = DATABASES[0] as (typeof DATABASES)[number];

/** What one process keeps to; the fleet is in redis.e2e-spec.ts. */
describe('a token endpoint that asks for quiet', () => {
  let suite: Suite;
  let acorn: Connection;
  let birch: Connection;

  beforeEach(async () => {
    suite = await startSuite(openSqlite);
    [acorn, birch] = [await suite.connect(), await suite.connect({ merchant: 'mer_birch' })];
    suite.sandbox.reset();
  });
  afterEach(() => suite.stop());

  it.each([
    ['429', { kind: 'rate_limit', retryAfter: 60 }],
    ['429 with a date', { kind: 'rate_limit', retryAfter: 'date' }],
  ] as const)('F19: %s is obeyed for every connection of the app', async (_name, fault) => {
    const retryAfter =
      fault.retryAfter === 'date' ? new Date(Date.now() + 60_000).toUTCString() : fault.retryAfter;
    suite.sandbox.faults.add({ on: 'token.refresh', fault: { ...fault, retryAfter } });
    const token = await suite.tokens.getAccessToken(birch.id);
    const refused = { code: 'provider_rate_limited', retryable: true };
    expect(await failureOf(suite.renew(acorn.id))).toMatchObject(refused);
    const error = await failureOf(suite.renew(birch.id));
    expect(error).toMatchObject(refused);
    expect(error.retryAfterSeconds).toBeGreaterThan(50);
    expect(await suite.tokens.getAccessToken(birch.id)).toBe(token);
    expect(refreshCalls(suite)).toHaveLength(1);
    // Not its failure: nothing is held against it.
    expect(await suite.row(birch.id)).toMatchObject({
      failures: 0,
      retry_at: null,
      claim_id: null,
    });
  });

  it('F19: a call that waits for its place under the ceiling does not leave into a pause', async () => {
    const host = await suite.another({
      flint: { ratePerSecond: 1 },
      flock: { background: false, renewal: { storeBudgetMs: 8_000 } },
    });
    const tokens = host.app.get(TokenService);
    const token = await tokens.getAccessToken(birch.id);
    // Places are a second apart, however long this takes.
    const clock = holdMonotonicClock();
    const waits = driveWaits(500);
    try {
      await tokens.getAccessToken(birch.id, { rejected: token });
      suite.sandbox.faults.add({
        on: 'token.refresh',
        fault: { kind: 'rate_limit', retryAfter: 60 },
      });
      const renew = async (id: string) =>
        failureOf(tokens.getAccessToken(id, { rejected: await tokens.getAccessToken(id) }));
      const told = renew(acorn.id);
      await until(() => waits.held === 1);
      const behind = renew(birch.id);
      await until(() => waits.held === 2);
      await waits.advance(1_000);
      expect((await told).code).toBe('provider_rate_limited');
      await waits.advance(1_000);
      expect(await behind).toMatchObject({ code: 'provider_rate_limited', retryable: true });
      expect(refreshCalls(suite)).toHaveLength(2);
    } finally {
      waits.release();
      clock.release();
    }
  });

  it('F19: a shorter pause that is told later does not end a longer one', async () => {
    const clock = holdMonotonicClock();
    try {
      const limits = new LocalSendLimits();
      await limits.pause('endpoint', 120_000);
      await limits.pause('endpoint', 1_000);
      await clock.advance(119_999);
      expect((await limits.peek('endpoint')).room).toBe(0);
      // It goes on at a time of its own, five seconds later at most.
      await clock.advance(5_001);
      expect((await limits.peek('endpoint')).room).toBe(Infinity);
    } finally {
      clock.release();
    }
  });

  it('F19: the scheduler claims nothing until then, and goes on by itself', async () => {
    suite.sandbox.faults.add({
      on: 'token.refresh',
      fault: { kind: 'rate_limit', retryAfter: 2 },
    });
    await failureOf(suite.renew(acorn.id));
    await suite.database.sql(
      'UPDATE flock_connection SET due_at = 1, used_version = token_version',
    );
    await until(() => refreshCalls(suite).length >= 3);
    const [first, ...rest] = refreshCalls(suite);
    for (const call of rest) {
      expect(call.startedAt).toBeGreaterThanOrEqual((first?.endedAt ?? Infinity) + 2_000);
    }
    expect(suite.sandbox.flint.violations).toEqual([]);
  });

  it('P17: the ceiling of an app is shared by its connections; a claim that may not send is given back', async () => {
    const host = await suite.another({
      flint: { ratePerSecond: 0.01 },
      flock: { background: false },
    });
    const tokens = host.app.get(TokenService);
    const renew = async ({ id }: Connection) =>
      tokens.getAccessToken(id, { rejected: await tokens.getAccessToken(id) });
    await renew(acorn);
    const error = await failureOf(renew(birch));
    expect(error).toMatchObject({ code: 'provider_rate_limited', retryable: true });
    expect(error.retryAfterSeconds).toBeGreaterThan(90);
    expect(refreshCalls(suite)).toHaveLength(1);
    expect(await suite.row(birch.id)).toMatchObject({ failures: 0, failure: null, claim_id: null });
  });

  it('a ceiling that is no number stops the start', async () => {
    const failure = await failureOf(startSuite(openSqlite, { flint: { ratePerSecond: -1 } }));
    expect(String(failure.message)).toContain('FLINT_RATE_PER_SECOND');
  });

  it('F33, P17: a merchant who installs meanwhile is let through, and renewals go on', async () => {
    const cedar = await suite.connect({ merchant: 'mer_cedar' });
    suite.sandbox.faults.add({
      on: 'token.refresh',
      fault: { kind: 'rate_limit', retryAfter: 600 },
    });
    await failureOf(suite.renew(acorn.id));
    await suite.connect({ merchant: 'mer_birch' });
    await expect(suite.renew(birch.id)).resolves.toEqual(expect.any(String));
    // What was lifted stands for nothing: the next pause holds, though it would end before that one.
    suite.sandbox.faults.add({
      on: 'token.refresh',
      fault: { kind: 'rate_limit', retryAfter: 60 },
    });
    const refused = { code: 'provider_rate_limited' };
    expect(await failureOf(suite.renew(birch.id))).toMatchObject(refused);
    const sent = refreshCalls(suite).length;
    expect(await failureOf(suite.renew(cedar.id))).toMatchObject(refused);
    expect(refreshCalls(suite)).toHaveLength(sent);
  });
});
