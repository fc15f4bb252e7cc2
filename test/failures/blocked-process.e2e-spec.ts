import type { Connection } from '@nest-flock/core';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASES } from '../support/databases.js';
import { until } from '../support/poll.js';
import { refreshCalls, startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';
import { startHostProcess } from './host-process.js';
import type { HostProcess } from './host-process.js';

/** A claim that a test can wait out; a provider that is merely slow still has time to answer. */
const SHORT = { httpTimeoutMs: 2_500, storeBudgetMs: 200, rescueGraceMs: 500 };

describe.each(DATABASES)(
  'an event loop that stands still for longer than a claim, on %s',
  (_, open) => {
    let suite: Suite;
    let connection: Connection;
    let blocked: HostProcess;
    let file: string;
    let held: string;

    beforeEach(async () => {
      suite = await startSuite(open, { flock: { background: false, renewal: SHORT } });
      connection = await suite.connect();
      held = await suite.tokens.getAccessToken(connection.id);
      file = join(suite.database.directory, 'stand-still');
      writeFileSync(file, '');
    });
    afterEach(async () => {
      rmSync(file, { force: true });
      await blocked.stop();
      await suite.stop();
    });

    /** Starts a renewal in another process, which then stands still at the step. */
    const blockAt = async (step: string) => {
      blocked = await startHostProcess(suite, {
        block: { step, whileExists: file },
        flock: { renewal: SHORT },
      });
      const late = blocked.ask('get', { ref: connection.id, options: { rejected: held } });
      await blocked.said('blocked');
      const { claim_until } = await suite.row(connection.id);
      return { late, lapsesAt: Number(claim_until) };
    };
    const goOn = () => rmSync(file);
    const works = async (token: string | undefined) => {
      const { status } = await fetch(`${suite.sandbox.flint.url}/v1/orders`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return status === 200;
    };
    const renewHere = () => suite.tokens.getAccessToken(connection.id, { rejected: held });
    const alive = async (version: number) =>
      expect(await suite.row(connection.id)).toMatchObject({
        status: 'active',
        token_version: version,
        claim_id: null,
      });

    it('F10: after the claim: another takes over only after claim and grace, and it does not send', async () => {
      suite.sandbox.flint.settings.grace = { kind: 'none' };
      const { late, lapsesAt } = await blockAt('claimed');
      const winner = await renewHere();
      expect(refreshCalls(suite)).toHaveLength(1);
      expect(refreshCalls(suite)[0]?.startedAt).toBeGreaterThanOrEqual(
        lapsesAt + SHORT.rescueGraceMs,
      );
      goOn();
      expect(await late).toEqual([{ token: winner }]);
      expect(refreshCalls(suite)).toHaveLength(1);
      expect(await works(winner)).toBe(true);
      await alive(2);
    });

    it('F10: after the claim, and nobody took over: the claim is given back, and nobody waits for it', async () => {
      const { late, lapsesAt } = await blockAt('claimed');
      await until(() => Date.now() > lapsesAt);
      goOn();
      const [answer] = await late;
      expect(await works(answer?.token)).toBe(true);
      // By itself, and before the grace after its own claim was over.
      expect(refreshCalls(suite)).toHaveLength(1);
      await alive(2);
      expect(await suite.row(connection.id)).toMatchObject({ unknown_outcomes: 0 });
    });

    it('F10: with too little of the claim left for a call, the claim is extended before it', async () => {
      suite.sandbox.flint.settings.grace = { kind: 'until_used' };
      const call = suite.sandbox.faults.add({ on: 'token.refresh', fault: { kind: 'hold' } });
      const { late, lapsesAt } = await blockAt('claimed');
      const takenAt = lapsesAt - SHORT.httpTimeoutMs - SHORT.storeBudgetMs;
      // What is left would do for the call, and not for storing its result.
      await until(() => Date.now() > takenAt + 4 * SHORT.storeBudgetMs);
      goOn();
      await call.reached;
      expect(Number((await suite.row(connection.id)).claim_until)).toBeGreaterThan(lapsesAt);
      call.release();
      const [answer] = await late;
      expect(await works(answer?.token)).toBe(true);
      await alive(2);
    });

    it('F10: after the answer, with a grace for replaced tokens: the late store is refused', async () => {
      suite.sandbox.flint.settings.grace = { kind: 'until_used' };
      const { late, lapsesAt } = await blockAt('answered');
      // The one second spend there is comes after claim and grace, with the unknown outcome recorded.
      const second = suite.sandbox.faults.add({ on: 'token.refresh', fault: { kind: 'hold' } });
      const renewing = renewHere();
      await second.reached;
      expect(await suite.row(connection.id)).toMatchObject({ unknown_outcomes: 1 });
      expect(refreshCalls(suite)[1]?.startedAt).toBeGreaterThanOrEqual(
        lapsesAt + SHORT.rescueGraceMs,
      );
      second.release();
      const winner = await renewing;
      const { attempt_id } = await suite.row(connection.id);
      goOn();
      expect(await late).toEqual([{ token: winner }]);
      expect(await works(winner)).toBe(true);
      await alive(2);
      expect(await suite.row(connection.id)).toMatchObject({ attempt_id });
      expect(refreshCalls(suite)).toHaveLength(2);
    });

    it('F10: after the answer, without any grace: the late store heals what the other had marked', async () => {
      suite.sandbox.flint.settings.grace = { kind: 'none' };
      suite.sandbox.flint.settings.reuseDetection = false;
      const { late } = await blockAt('answered');
      expect(await renewHere().catch((error: { code: string }) => error.code)).toBe(
        'reauthorization_required',
      );
      expect(await suite.row(connection.id)).toMatchObject({ status_reason: 'rotation_lost' });
      goOn();
      const [answer] = await late;
      expect(await works(answer?.token)).toBe(true);
      await alive(2);
      // The other one hears of it.
      await until(async () => {
        const token = await suite.tokens.getAccessToken(connection.id).catch(() => undefined);
        return token === answer?.token;
      });
    });
  },
);
