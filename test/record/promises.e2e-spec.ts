import { Injectable } from '@nestjs/common';
import {
  FlockError,
  FlockHealthIndicator,
  OnConnection,
  OnWebhook,
  TokenService,
  WebhookSecrets,
} from '@nest-flock/core';
import { LocalSendLimits } from '@nest-flock/core/fleet';
import type { Delivery } from '@nest-flock/core';
import { FlinksPayModule, FlinksPayService } from '@nest-flock/flinks-pay';
import { Sandbox } from '@nest-flock/sandbox';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { sqliteDatabase } from '../support/databases.js';
import type { TestDatabase } from '../support/databases.js';
import {
  driveIntervals,
  driveMonotonicClock,
  driveTimeouts,
  driveWaits,
  holdMonotonicClock,
} from '../support/clock.js';
import { OrdersController } from '../support/orders.controller.js';
import { failureOf, until } from '../support/poll.js';
import { seedConnections } from '../support/seed.js';
import { startApp } from '../support/start-app.js';
import { refreshCalls, startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';
import { standard, whsec } from '../webhook/support/signers.js';
import { SECRETS, startWebhookHost } from '../webhook/support/webhook-host.js';
import type { WebhookHost } from '../webhook/support/webhook-host.js';

const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000] as const;

/** What the code leaves to chance is as much as it can be, or as little. */
const chance = (value: number) => jest.spyOn(Math, 'random').mockReturnValue(value);
const [LEAST, MOST] = [0, 1 - Number.EPSILON] as const;
afterEach(() => jest.restoreAllMocks());

describe('renewals at the defaults', () => {
  let suite: Suite;
  beforeEach(async () => {
    suite = await startSuite(sqliteDatabase, {
      flock: { background: false, renewal: { backoffBaseMs: 1_000, backoffCapMs: 300_000 } },
    });
  });
  afterEach(() => suite.stop());

  it('P2: a token in use is renewed when a fifth of its life is left, at most 5 minutes', async () => {
    // Life and rest in seconds; the first four are not due.
    const lives = [
      [3_600, 320],
      [1_500, 320],
      [600, 130],
      [100, 22],
      [3_600, 280],
      [1_500, 280],
      [600, 110],
      [100, 18],
    ] as const;
    const grants = suite.sandbox.flint.issue({ count: lives.length });
    const ids = await seedConnections(
      suite,
      grants,
      grants.map((_grant, index) => `attempt-${index}`),
    );
    for (const [index, [life, rest]] of lives.entries()) {
      await suite.database.sql(
        'UPDATE flock_connection SET expires_at = ?, refreshed_at = ?, installed_at = ? WHERE id = ?',
        [
          Date.now() + rest * SECOND,
          Date.now() + (rest - life) * SECOND,
          Date.now() + (rest - life) * SECOND,
          ids[index],
        ],
      );
    }
    const tokens = (await suite.another()).app.get(TokenService);
    for (const id of ids) await tokens.getAccessToken(id);
    const due = grants.slice(4).map((grant) => grant.environment_grant_id);
    await until(() => refreshCalls(suite).length >= due.length);
    expect(
      refreshCalls(suite)
        .map((call) => call.environment_grant_id)
        .sort(),
    ).toEqual([...due].sort());
  });

  it('P4: the pause after a failure is a second at first, doubles with jitter, and ends at 5 minutes', async () => {
    const { id } = await suite.connect();
    const token = await suite.tokens.getAccessToken(id);
    suite.sandbox.faults.add({
      on: 'token.refresh',
      times: Infinity,
      fault: { kind: 'error', error: 'invalid_request' },
    });
    const pauseAfter = async (failures: number, of: number) => {
      await suite.database.sql('UPDATE flock_connection SET failures = ?, retry_at = NULL', [
        failures,
      ]);
      chance(of);
      const before = Date.now();
      await failureOf(suite.tokens.getAccessToken(id, { rejected: token }));
      const after = Date.now();
      const retryAt = Number((await suite.row(id)).retry_at);
      return { atLeast: retryAt - after, atMost: retryAt - before };
    };
    const expectPause = async (failures: number, of: number, ms: number) => {
      const { atLeast, atMost } = await pauseAfter(failures, of);
      expect(atLeast).toBeLessThanOrEqual(ms);
      expect(atMost).toBeGreaterThanOrEqual(ms);
    };
    await expectPause(0, MOST, SECOND);
    await expectPause(0, LEAST, SECOND / 10);
    await expectPause(3, MOST, 8 * SECOND);
    await expectPause(30, MOST, 5 * MINUTE);
  });
});

describe('sessions at the defaults', () => {
  it('P7: a session ends after an hour idle and after 12 hours at most, and is sealed anew every five minutes', async () => {
    const intervals = driveIntervals();
    const clock = driveMonotonicClock();
    const suite = await startSuite(sqliteDatabase, {
      controllers: [OrdersController],
      flock: { background: false },
    });
    try {
      const { browser } = await suite.host.install({ merchant: 'mer_acorn' });
      const began = browser.clone();
      let passed = 0;
      /** An answer after so much more time; the store has been seen meanwhile. */
      const openAfter = async (ms: number, of = browser) => {
        await clock.advance(ms);
        passed += ms;
        await intervals.advance(SECOND);
        return of.open('/orders');
      };
      const early = await openAfter(4 * MINUTE);
      expect([early.status, early.cookies]).toEqual([200, []]);
      const touched = await openAfter(2 * MINUTE);
      expect(touched.status).toBe(200);
      const maxAge = Number(/Max-Age=(\d+)/.exec(touched.cookies[0] ?? '')?.[1]);
      expect(maxAge).toBeLessThanOrEqual((12 * HOUR - passed) / SECOND);
      expect(maxAge).toBeGreaterThan((11 * HOUR) / SECOND);

      expect((await openAfter(58 * MINUTE)).status).toBe(200);
      // The cookie of the beginning has been idle for more than an hour by now.
      expect((await openAfter(0, began)).status).toBe(401);
      while (passed < 11 * HOUR) expect((await openAfter(50 * MINUTE)).status).toBe(200);
      expect((await openAfter(11 * HOUR + 55 * MINUTE - passed)).status).toBe(200);
      expect((await openAfter(10 * MINUTE)).status).toBe(401);
    } finally {
      await suite.stop();
      clock.release();
      intervals.release();
    }
  });
});

@Injectable()
class Failing {
  @OnWebhook('flint', 'order.*')
  handle(_delivery: Delivery): void {
    throw new TypeError('no');
  }
}

describe('deliveries at the defaults', () => {
  let database: TestDatabase;
  let host: WebhookHost;
  beforeAll(async () => {
    database = await sqliteDatabase();
    host = await startWebhookHost(database, {
      handlers: [Failing],
      flock: { deliveries: {} },
    });
  });
  afterAll(async () => {
    await host.close();
    await database.drop();
  });

  const send = async () => {
    const id = `msg_${randomUUID()}`;
    const body = JSON.stringify({ event_type: 'order.paid', data: {} });
    expect((await host.post('/flint/webhooks', standard(body, SECRETS.flint, { id }))).status).toBe(
      200,
    );
    return id;
  };
  const row = async (id: string) =>
    (await database.sql('SELECT * FROM flock_delivery WHERE event_id = ?', [id]))[0] as Record<
      string,
      unknown
    >;
  const runsOf = (id: string, runs: number) =>
    until(async () => {
      const now = await row(id);
      return Number(now.runs) === runs && now.claim_id === null && now;
    });

  it('P8: a failure is retried after 5 s, then ever later up to an hour, half of it by chance', async () => {
    chance(MOST);
    const id = await send();
    let runs = 1;
    const pauseOf = async (attempts: number) => {
      const before = Date.now();
      if (runs > 1) {
        await database.sql(
          'UPDATE flock_delivery SET attempts = ?, due_at = 0 WHERE event_id = ?',
          [attempts - 1, id],
        );
      }
      const { due_at: dueAt } = await runsOf(id, runs);
      runs += 1;
      return { atLeast: Number(dueAt) - Date.now(), atMost: Number(dueAt) - before };
    };
    const sent = Number((await row(id)).received_at);
    const first = await runsOf(id, 1);
    expect(Number(first.due_at) - sent).toBeGreaterThanOrEqual(5 * SECOND);
    expect(Number(first.due_at) - Date.now()).toBeLessThanOrEqual(5 * SECOND);
    runs = 2;
    for (const [attempts, ms] of [
      [3, 20 * SECOND],
      [11, HOUR],
    ] as const) {
      const { atLeast, atMost } = await pauseOf(attempts);
      expect(atLeast).toBeLessThanOrEqual(ms);
      expect(atMost).toBeGreaterThanOrEqual(ms);
    }
    chance(LEAST);
    const { atLeast, atMost } = await pauseOf(11);
    expect(atLeast).toBeLessThanOrEqual(HOUR / 2);
    expect(atMost).toBeGreaterThanOrEqual(HOUR / 2);
  });

  it('P10: what is not handled becomes a dead letter when its handler has another name', async () => {
    const id = await send();
    await runsOf(id, 1);
    await database.sql(
      'UPDATE flock_delivery SET handlers = ?, attempts = 11, due_at = 0 WHERE event_id = ?',
      [JSON.stringify({ 'Failing.before': { state: 'pending' } }), id],
    );
    await until(async () => (await row(id)).status === 'dead');
    expect(JSON.parse(String((await row(id)).handlers))).toEqual({
      'Failing.before': { state: 'dead', error: 'handler_missing' },
    });
  });

  it('P16: a secret that is added holds in every process within 2 s; one that is replaced at once ends', async () => {
    const clock = driveMonotonicClock();
    const other = await startWebhookHost(database, { flock: { background: false } });
    const answerOf = async (to: WebhookHost, secret: string) => {
      const signed = standard(JSON.stringify({ event_type: 'x' }), secret);
      return (await to.post('/flint/webhooks', signed)).status;
    };
    const [first, second, third] = [whsec('first'), whsec('second'), whsec('third')];
    const secrets = host.app.get(WebhookSecrets);
    expect(await answerOf(other, first)).toBe(401);
    await secrets.add({ provider: 'flint' }, first);
    await clock.advance(2 * SECOND);
    expect(await answerOf(other, first)).toBe(200);
    // The first has an end then, a day from now; that of the third is sooner.
    await secrets.add({ provider: 'flint' }, second);
    expect(await answerOf(host, first)).toBe(200);
    await secrets.add({ provider: 'flint' }, third, { overlapSeconds: 0 });
    for (const ended of [first, second]) expect(await answerOf(host, ended)).toBe(401);
    await clock.advance(2 * SECOND);
    for (const ended of [first, second]) expect(await answerOf(other, ended)).toBe(401);
    expect(await answerOf(other, third)).toBe(200);
    // Nor does a later one, with its usual overlap, bring them back.
    await secrets.add({ provider: 'flint' }, whsec('fourth'));
    for (const ended of [first, second]) expect(await answerOf(host, ended)).toBe(401);
    expect(await answerOf(host, third)).toBe(200);
    await other.close();
    clock.release();
  });
});

describe('a process without background work', () => {
  it('P26: stores webhooks and handles none, which others then do', async () => {
    const database = await sqliteDatabase();
    const web = await startWebhookHost(database, { flock: { background: false } });
    const worker = await startWebhookHost(database);
    const signed = standard(JSON.stringify({ event_type: 'order.paid' }), SECRETS.flint);
    expect((await web.post('/flint/webhooks', signed)).status).toBe(200);
    await until(() => worker.heard.all.length > 0);
    expect(web.heard.all).toEqual([]);
    await Promise.all([web.close(), worker.close()]);
    await database.drop();
  });
});

describe('dead letters', () => {
  it('P37: are counted in health, by processes that handle deliveries', async () => {
    const intervals = driveIntervals();
    const database = await sqliteDatabase();
    const worker = await startWebhookHost(database);
    const web = await startWebhookHost(database, { flock: { background: false } });
    const deadLetters = async ({ app }: WebhookHost) => {
      const { flock } = await app.get(FlockHealthIndicator).isHealthy();
      return [flock?.status, flock?.deadLetters];
    };
    const send = async () => {
      const signed = standard(JSON.stringify({ event_type: 'order.paid' }), SECRETS.flint);
      expect((await web.post('/flint/webhooks', signed)).status).toBe(200);
    };
    try {
      expect(await deadLetters(worker)).toEqual(['up', 0]);
      for (let letter = 0; letter < 2; letter += 1) await send();
      await database.sql("UPDATE flock_delivery SET status = 'dead', due_at = NULL");
      await send();
      await intervals.advance(10 * SECOND);
      await until(async () => (await deadLetters(worker))[1] !== 0);
      expect(await deadLetters(worker)).toEqual(['up', 2]);
      expect(await deadLetters(web)).toEqual(['up', 0]);
    } finally {
      intervals.release();
      await Promise.all([web.close(), worker.close()]);
      await database.drop();
    }
  });
});

/** Takes until the test says so. */
@Injectable()
class Slow {
  running = false;
  end: () => void = () => undefined;

  @OnConnection('revoked')
  async handle(): Promise<void> {
    this.running = true;
    await new Promise<void>((resolve) => (this.end = resolve));
  }
}

describe('a shutdown at the defaults', () => {
  let release: () => Promise<void>;
  afterEach(() => release());

  const begin = async (background: boolean) => {
    const suite = await startSuite(sqliteDatabase, {
      defaults: ['httpTimeoutMs', 'storeBudgetMs'],
      flock: { background },
      providers: [Slow],
    });
    const connection = await suite.connect();
    const clock = driveMonotonicClock();
    const waits = driveWaits(SECOND);
    // Bounds of half a minute and more: that of the stop, and those of handlers.
    const bounds = driveTimeouts(30 * SECOND);
    /** Resolves as soon as the stop has begun to wait. */
    const stop = async () => {
      const stopping = { ended: false };
      const before = bounds.held;
      void suite.host.close().then(() => (stopping.ended = true));
      await until(() => bounds.held > before);
      return stopping;
    };
    const advance = async (ms: number) => {
      await clock.advance(ms);
      await bounds.advance(ms);
    };
    release = async () => {
      waits.release();
      bounds.release();
      clock.release();
      suite.host.app.get(Slow).end();
      await suite.stop();
    };
    return { suite, connection, waits, bounds, stop, advance };
  };
  const handling = async (world: Awaited<ReturnType<typeof begin>>) => {
    const slow = world.suite.host.app.get(Slow);
    await world.suite.connections.disconnect(world.connection.id);
    await until(() => slow.running);
    return slow;
  };

  const statusOf = async ({ suite }: Awaited<ReturnType<typeof begin>>) => {
    const [row] = await suite.database.sql(
      "SELECT status FROM flock_delivery WHERE type = 'revoked'",
    );
    return row?.status;
  };

  it('P32: takes two claims at most, 40 s, whatever does not end', async () => {
    const world = await begin(false);
    const { suite, connection, bounds } = world;
    const held = suite.sandbox.faults.add({ on: 'token.refresh', fault: { kind: 'hold' } });
    const caller = suite.renew(connection.id).catch(() => undefined);
    await held.reached;
    const stopping = await world.stop();
    await world.advance(39 * SECOND);
    expect(bounds.held).toBe(1);
    await world.advance(SECOND);
    expect(bounds.held).toBe(0);
    await until(() => stopping.ended);
    held.release();
    await caller;
  });

  it('P32: gives handlers 10 s, and waits no longer', async () => {
    const world = await begin(true);
    await handling(world);
    const stopping = await world.stop();
    await world.advance(10 * SECOND);
    await until(() => stopping.ended);
    expect(await statusOf(world)).toBe('pending');
  });

  it('P32: stores the end of a handler that took less', async () => {
    const world = await begin(true);
    const { waits } = world;
    const slow = await handling(world);
    const stopping = await world.stop();
    await world.advance(9 * SECOND);
    // By then it was looked whether they have ended, and they are still waited for.
    const before = waits.passed;
    while (!stopping.ended && waits.passed < before + 3) await new Promise(setImmediate);
    slow.end();
    while (!stopping.ended) await new Promise(setImmediate);
    expect(await statusOf(world)).toBe('done');
  });
});

describe('sessions of FlinksPay at the defaults', () => {
  it('P13: are asked about every 30 s, after an hour every 5 minutes, for a week', async () => {
    const database = await sqliteDatabase();
    const sandbox = await Sandbox.start({ providers: ['flinks-pay'] });
    const { username, password } = sandbox.flinksPay.customer;
    const start = (background: boolean) =>
      startApp({
        port: 0,
        database,
        flock: { background },
        imports: [FlinksPayModule.forRoot({ baseUrl: sandbox.flinksPay.url, username, password })],
      });
    const task = async () => {
      const [found] = await database.sql("SELECT * FROM flock_delivery WHERE source = 'task'");
      return found as Record<string, unknown>;
    };
    const shop = await start(false);
    await shop.get(FlinksPayService, { strict: false }).v2.createSession({
      type: 'e-Transfer',
      amount: '10.50',
      payor: { firstName: 'Ada', lastName: 'Byron', email: 'ada@example.com' },
    });
    await shop.close();
    const first = await task();
    expect(Number(first.due_at) - Number(first.received_at)).toBe(30 * SECOND);

    /** What becomes of it after it was asked about at this age; nobody works meanwhile. */
    const askedAt = async (age: number) => {
      const before = Date.now();
      const { runs } = await task();
      await database.sql(
        "UPDATE flock_delivery SET received_at = ?, due_at = 0 WHERE source = 'task'",
        [before - age],
      );
      const worker = await start(true);
      const now = await until(async () => {
        const one = await task();
        return Number(one.runs) > Number(runs) && one.claim_id === null && one;
      });
      const [atLeast, atMost] = [Number(now.due_at) - Date.now(), Number(now.due_at) - before];
      await worker.close();
      return { status: now.status, atLeast, atMost };
    };
    for (const [age, ms] of [
      [30 * MINUTE, 30 * SECOND],
      [61 * MINUTE, 5 * MINUTE],
      [6.9 * DAY, 5 * MINUTE],
    ] as const) {
      const { status, atLeast, atMost } = await askedAt(age);
      expect(status).toBe('pending');
      expect(atLeast).toBeLessThanOrEqual(ms);
      expect(atMost).toBeGreaterThanOrEqual(ms);
    }
    expect((await askedAt(7.1 * DAY)).status).toBe('done');
    await sandbox.stop();
    await database.drop();
  });
});

describe('what a token endpoint is sent', () => {
  it('P17: a caller waits for its turn for up to 5 s, and one second’s worth goes at once', async () => {
    const suite = await startSuite(sqliteDatabase, { flock: { background: false } });
    const host = await suite.another({
      flint: { ratePerSecond: 0.22 },
      flock: { background: false, renewal: { storeBudgetMs: 10_000 } },
    });
    const tokens = host.app.get(TokenService);
    const ids: string[] = [];
    for (const merchant of ['mer_acorn', 'mer_birch', 'mer_cedar'])
      ids.push((await suite.connect({ merchant })).id);
    const renew = async (id: string) =>
      tokens.getAccessToken(id, { rejected: await tokens.getAccessToken(id) });
    suite.sandbox.reset();
    // A slow machine has as many turns as a quick one. In whole milliseconds: sums of fractions are
    // a hair more at some times, which would be a turn later.
    const clock = holdMonotonicClock();
    const waits = driveWaits(SECOND);
    try {
      await renew(ids[0] as string);
      // One of them has its turn in 4.5 s, the other would have it in 9 s.
      const refused: unknown[] = [];
      const renewals = ids
        .slice(1)
        .map((id) => renew(id).catch((error: unknown) => void refused.push(error)));
      await until(() => waits.held + refused.length === 2);
      expect(refused).toMatchObject([{ code: 'provider_rate_limited', retryable: true }]);
      expect(refreshCalls(suite)).toHaveLength(1);
      await clock.advance(4_546);
      await waits.advance(4_546);
      await Promise.all(renewals);
      expect(refused).toHaveLength(1);
      expect(refreshCalls(suite)).toHaveLength(2);

      const limits = new LocalSendLimits();
      const booked: boolean[] = [];
      for (let call = 0; call < 11; call += 1) {
        booked.push((await limits.book('endpoint', 0, 10)).booked);
      }
      expect(booked).toEqual([...Array<boolean>(10).fill(true), false]);
      const atOnce = [];
      for (let call = 0; call < 3; call += 1) {
        atOnce.push((await limits.book('of a fraction', 0, 2.5)).booked);
      }
      expect(atOnce).toEqual([true, true, false]);
    } finally {
      waits.release();
      clock.release();
      await suite.stop();
    }
  });

  it.each([
    [SECOND, 200],
    [20 * SECOND, 2 * SECOND],
    [HOUR, 5 * SECOND],
  ])(
    'P17: after a pause of %d ms it is sent to at a random moment of the next %d ms',
    async (ms, spread) => {
      const restAfter = async (of: number) => {
        chance(of);
        const limits = new LocalSendLimits();
        const before = performance.now();
        await limits.pause('endpoint', ms);
        const { restMs } = await limits.peek('endpoint');
        return { atMost: restMs + 1 + performance.now() - before, atLeast: restMs - 1 };
      };
      for (const [of, rest] of [
        [LEAST, ms],
        [MOST, ms + spread],
      ] as const) {
        const { atLeast, atMost } = await restAfter(of);
        expect(atLeast).toBeLessThanOrEqual(rest);
        expect(atMost).toBeGreaterThanOrEqual(rest);
      }
    },
  );
});

describe('what stopped', () => {
  it('P27: a credential that nobody tries is forgotten after a quarter of an hour', async () => {
    const intervals = driveIntervals();
    const suite = await startSuite(sqliteDatabase, { flock: { background: true } });
    const insert = (id: string, minutesAgo: number) =>
      suite.database.sql(
        `INSERT INTO flock_circuit (id, kind, provider, app, failures, is_open, probe_at, changed_at)
         VALUES (?, 'credential', 'flint', 'flint', 2, 1, ?, ?)`,
        [id, Date.now() - minutesAgo * MINUTE, Date.now() - minutesAgo * MINUTE],
      );
    await insert('younger', 14);
    await insert('older', 16);
    await intervals.advance(MINUTE);
    const left = await until(async () => {
      const rows = await suite.database.sql('SELECT id FROM flock_circuit');
      return rows.length < 2 && rows;
    });
    expect(left).toEqual([{ id: 'younger' }]);
    await suite.stop();
    intervals.release();
  });
});

describe('docs/errors.md', () => {
  it('P29: says of every code which status it has and whether a later try is worth it', () => {
    const text = readFileSync('docs/errors.md', 'utf8');
    const said = [...text.matchAll(/^## (\w+)\n\n(.+)\. Status (\d+), (.+)\.$/gm)];
    expect(said).toHaveLength(text.split('\n## ').length - 1);
    const code = (name: string) => new FlockError(name as FlockError['code'], '');
    for (const [, name, title, status, retry] of said as unknown as string[][]) {
      const error = code(name as string);
      expect([name, error.getStatus(), (error.getResponse() as { title: string }).title]).toEqual([
        name,
        Number(status),
        title,
      ]);
      expect([name, retry]).toEqual([
        name,
        error.retryable
          ? expect.stringMatching(/^worth a later try$|by itself$/)
          : 'a later try alone does not help',
      ]);
    }
  });
});
