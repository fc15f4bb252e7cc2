import type { Connection } from '@nest-flock/core';
import { DATABASES } from '../support/databases.js';
import { until } from '../support/poll.js';
import { startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';
import { fynd, standard, whsec } from '../webhook/support/signers.js';
import type { Signed } from '../webhook/support/signers.js';
import { startHostProcess } from './host-process.js';
import type { HostProcess } from './host-process.js';

const HOUR = 3_600_000;

describe.each(DATABASES)('an instance whose clock is an hour off, on %s', (_, open) => {
  let suite: Suite;
  let connection: Connection;
  let off: HostProcess;

  beforeEach(async () => {
    suite = await startSuite(open, { flock: { background: false } });
    connection = await suite.connect();
  });
  afterEach(async () => {
    await off.stop();
    await suite.stop();
  });

  it.each([
    ['behind', -HOUR],
    ['ahead', HOUR],
  ])(
    'F29: %s: sessions, webhooks, deliveries and claims go by the database',
    async (_name, clockOffsetMs) => {
      off = await startHostProcess(suite, {
        clockOffsetMs,
        handlers: true,
        flock: { background: true },
        flint: { webhookSecrets: [whsec()] },
        fyndSecret: 'fynd-secret',
      });
      const lifeOf = async () => {
        const [row] = await suite.database.sql(
          "SELECT expires_at, refreshed_at FROM flock_connection WHERE merchant = 'mer_birch'",
        );
        return Number(row?.expires_at) - Number(row?.refreshed_at);
      };
      // A session that another instance has just begun, and one that was begun here.
      const { browser } = await suite.host.install({ merchant: 'mer_birch' });
      const life = await lifeOf();
      expect((await browser.open(`${off.url}/orders`)).status).toBe(200);
      const own = off.browser();
      const page = await own.open('/flint/install?mode=test');
      const callback = suite.sandbox.flint.approve(page.location as string, {
        merchant_id: 'mer_birch',
      });
      const { cookies } = await own.open(callback);
      expect(cookies.find((line) => line.startsWith('flock_session'))).toContain('Max-Age=43200');
      expect((await own.open('/orders')).status).toBe(200);
      // A token that came with an install lives by the database's clock, too.
      expect(Math.abs((await lifeOf()) - life)).toBeLessThan(HOUR / 2);

      const send = async (path: string, { body, headers }: Signed) => {
        const answer = await fetch(`${off.url}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body,
        });
        return answer.status;
      };
      const post = (at: number) => {
        const body = JSON.stringify({
          webhook_event_id: `whev_${at}`,
          event_type: 'order.paid',
          created_at: new Date(at).toISOString(),
          data: {},
        });
        return send('/flint/webhooks', standard(body, whsec(), { at }));
      };
      // True time is right, and what the wrong clock would take is not.
      expect(await post(Date.now())).toBe(200);
      expect(await post(Date.now() + clockOffsetMs)).toBeGreaterThanOrEqual(400);
      // So with a time that is told in the body alone: the present is right, what is to come is not.
      const tell = (at: number) => {
        const event = { category: 'company', name: 'order', type: 'paid', created_timestamp: at };
        return send('/fp/webhooks', fynd(JSON.stringify({ event }), 'fynd-secret'));
      };
      expect(await tell(Date.now())).toBe(200);
      expect(await tell(Date.now() + HOUR)).toBeGreaterThanOrEqual(400);
      // The claim of a renewal lasts for seconds from now, by the clock of the database.
      const held = suite.sandbox.faults.add({ on: 'token.refresh', fault: { kind: 'hold' } });
      const ref = connection.id;
      const [answer] = await off.ask('get', { ref });
      const renewing = off.ask('get', { ref, options: { rejected: answer?.token ?? '' } });
      await held.reached;
      const { claim_until } = await suite.row(ref);
      expect(Math.abs(Number(claim_until) - Date.now())).toBeLessThan(HOUR / 2);
      held.release();
      await renewing;
      await off.ask('disconnect', { ref });
      await off.said('handling');
      const [running] = await suite.database.sql(
        "SELECT claim_until FROM flock_delivery WHERE type = 'revoked'",
      );
      const left = Number(running?.claim_until) - Date.now();
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(60_000);
      await off.ask('letHandlersEnd');
      await until(async () => {
        const rows = await suite.database.sql(
          "SELECT id FROM flock_delivery WHERE status <> 'done'",
        );
        return rows.length === 0;
      });
      expect((await off.ask('health')).status).toBe('up');
      // Of keys it speaks wherever none are given.
      const said = off.log.split('\n').filter((line) => !line.includes('FLOCK_ENCRYPTION_KEYS'));
      expect(said.join('')).toBe('');
    },
  );
});
