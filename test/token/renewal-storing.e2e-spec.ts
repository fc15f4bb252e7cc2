import { ConnectionService, FlockHealthIndicator, TokenService } from '@nest-flock/core';
import type { Connection, FlockError } from '@nest-flock/core';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  driveIntervals,
  driveMonotonicClock,
  driveWaits,
  holdMonotonicClock,
} from '../support/clock.js';
import { DATABASES } from '../support/databases.js';
import type { Host } from '../support/host.js';
import { failureOf, until } from '../support/poll.js';
import { refuseTokens } from '../support/refuse-tokens.js';
import { rescueFiles } from '../support/rescue-files.js';
import { refreshCalls, untilRetryable } from '../support/suite.js';
import type { Suite } from '../support/suite.js';
import { withoutTimer } from '../support/without-timer.js';
import { renewing } from '../support/renewing.js';

describe.each(DATABASES)('storing what was renewed on %s', (_name, open) => {
  let suite: Suite;
  let connection: Connection;
  const { clocks, get, works, fail, ageAll, callsOf } = renewing(
    open,
    (world) => ({ suite, connection } = world),
  );

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
        withoutTimer(suite.host, 'renewals');
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
        withoutTimer(suite.host, 'renewals');
        const token = await get();
        const second = await suite.connect({ merchant: 'mer_birch' });
        await ageAll();
        const clock = driveMonotonicClock();
        clocks.push(clock);
        const host = await suite.another({
          defaults: 'all',
          flock: { renewal: { waitMs: 300 } },
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
          ).toMatchObject({ code: 'renewal_timeout' });
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

    it('F1: a row that was made due long ago and held since is found again by the scheduler', async () => {
      withoutTimer(suite.host, 'renewals');
      const second = await suite.connect({ merchant: 'mer_birch' });
      await ageAll();
      const clock = driveMonotonicClock();
      const intervals = driveIntervals();
      clocks.push(clock, intervals);
      await suite.another();
      await clock.advance(41_000);
      await suite.database.sql('UPDATE flock_connection SET due_at = ?', [Date.now() - 600_000]);
      await dieBefore(-60_000);
      // Its first looks leave behind what the other process seems to hold.
      const renewedIn = async (id: string) => {
        await intervals.advance(1_000);
        return Number((await suite.row(id)).token_version) === 2;
      };
      await until(() => renewedIn(second.id));
      expect(callsOf(connection)).toEqual([]);
      await dieBefore(121_000);
      await until(() => renewedIn(connection.id));
    });

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
        expect(events.filter(({ action }) => action === 'renewal')).toMatchObject([
          { outcome: 'reauthorization_required', reason: 'rotation_lost' },
        ]);
      },
    );

    it('F2: a failure in between does not make forgotten that a dead process may have spent the token', async () => {
      await get();
      fail({ kind: 'rate_limit', retryAfter: 60 });
      await dieBefore(Date.now() - 1);
      expect((await failureOf(suite.renew(connection.id))).code).toBe('provider_rate_limited');
      expect(await suite.row(connection.id)).toMatchObject({ unknown_outcomes: 1, claim_id: null });
      // Minutes later.
      await suite.database.sql('UPDATE flock_connection SET retry_at = NULL WHERE id = ?', [
        connection.id,
      ]);
      fail({ kind: 'error', error: 'invalid_grant' }, Infinity);
      const later = (await suite.another()).app.get(TokenService);
      const rejected = await later.getAccessToken(connection.id);
      expect((await failureOf(later.getAccessToken(connection.id, { rejected }))).code).toBe(
        'reauthorization_required',
      );
      expect(await suite.row(connection.id)).toMatchObject({ status_reason: 'rotation_lost' });
    });
  });

  describe('storing', () => {
    it('F4: what the store refuses is in a file first, is tried again for 10 s, and then left to the next process', async () => {
      const second = await suite.connect({ merchant: 'mer_birch' });
      await ageAll();
      const holder = await suite.another({
        defaults: 'all',
        flock: { background: false, renewal: { waitMs: 120_000 } },
      });
      // What stores it is the attempt itself, or the next process; nothing else changes what it remembers.
      for (const timer of ['rescue', 'feed']) withoutTimer(holder, timer);
      for (const host of [suite.host, holder]) withoutTimer(host, 'adopt');
      const tokens = holder.app.get(TokenService);
      const [first, other] = await Promise.all(
        [connection, second].map(({ id }) => tokens.getAccessToken(id)),
      );
      const clock = holdMonotonicClock();
      // The pauses between two tries of the attempt; nothing else here waits so long.
      const pauses = driveWaits(50);
      clocks.push(clock, pauses);
      await clock.advance(1_000);
      const rescued = () => until(() => rescueFiles(suite.database)[0]);

      let accept = await refuseTokens(suite.database);
      const patient = tokens.getAccessToken(connection.id, { rejected: first as string });
      await rescued();
      await clock.advance(9_999);
      // Refused in the meantime, it is not given up.
      await pauses.advance(500);
      await Promise.race([patient, until(() => pauses.held === 1)]);
      await accept();
      await pauses.advance(500);
      expect(await works(await patient)).toBe(true);
      expect(rescueFiles(suite.database)).toEqual([]);

      accept = await refuseTokens(suite.database);
      await clock.advance(1_000);
      const failing = failureOf(tokens.getAccessToken(second.id, { rejected: other as string }));
      const file = readFileSync(join(suite.database.directory, 'rescue', await rescued()), 'utf8');
      for (const secret of suite.sandbox.flint.secretsSeen()) expect(file).not.toContain(secret);
      await clock.advance(10_000);
      await pauses.advance(500);
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

    it('F4: a rescued result that does not open stays, and holds up none of those after it', async () => {
      const second = await suite.connect({ merchant: 'mer_birch' });
      await ageAll();
      const holder = await suite.another({
        flock: { background: false, renewal: { storeBudgetMs: 50 } },
      });
      for (const host of [suite.host, holder]) withoutTimer(host, 'adopt');
      withoutTimer(holder, 'rescue');
      const tokens = holder.app.get(TokenService);
      const accept = await refuseTokens(suite.database);
      for (const { id } of [connection, second]) {
        const rejected = await tokens.getAccessToken(id);
        await failureOf(tokens.getAccessToken(id, { rejected }));
      }
      await holder.close();
      await accept();
      const [spoilt, other] = rescueFiles(suite.database)
        .sort()
        .map((name) => join(suite.database.directory, 'rescue', name)) as [string, string];
      const record = JSON.parse(readFileSync(spoilt, 'utf8')) as { data: { token_set: string } };
      const sound = JSON.parse(readFileSync(other, 'utf8')) as { connectionId: string };
      record.data.token_set = Buffer.from('nothing that opens').toString('base64');
      writeFileSync(spoilt, JSON.stringify(record));
      await suite.another({ flock: { background: false } });
      expect(await suite.row(sound.connectionId)).toMatchObject({ token_version: 2 });
      expect(rescueFiles(suite.database)).toHaveLength(1);
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
      // A list that is nonsense in part says nothing either.
      for (const scope of [42, ['commerce.orders.read', 42]]) {
        const { token_version } = await suite.row(connection.id);
        fail({ kind: 'answer', set: { expires_in: -5, scope, token_type: 'mac' } });
        const token = await suite.renew(connection.id);
        expect(await works(token)).toBe(true);
        const row = await suite.row(connection.id);
        expect(row).toMatchObject({
          token_version: Number(token_version) + 1,
          status: 'active',
          scopes: 'commerce.orders.read commerce.orders.write',
        });
        // The provider's default life took the place of the absurd one.
        expect(Number(row.expires_at) - Date.now()).toBeGreaterThan(3_500_000);
      }
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

    it('F37, S16, P37: rows of an unknown key are unreadable, not dead; others go on; readiness says so', async () => {
      const [first, second] = ['a', 'b'].map(
        (id) => `${id}:${Buffer.alloc(32, `key ${id} of this test`).toString('base64')}`,
      );
      // Only who lacks the key tries to renew.
      withoutTimer(suite.host, 'renewals');
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
      withoutTimer(other, 'renewals');
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
});
