import { Controller, Inject, Injectable, Scope } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import {
  ConnectionService,
  DeliveryService,
  OnConnection,
  OnWebhook,
  RetryLater,
  WebhookSecrets,
} from '@nest-flock/core';
import type { Delivery, DeliveryPolicy, HandlerStates } from '@nest-flock/core';
import { OnFlintEvent } from '@nest-flock/flint';
import type { FlintEvent } from '@nest-flock/flint';
import { randomUUID } from 'node:crypto';
import { DATABASES } from '../support/databases.js';
import type { TestDatabase } from '../support/databases.js';
import { NoisyLogger } from '../support/noisy-logger.js';
import { failureOf, until } from '../support/poll.js';
import { standard } from '../webhook/support/signers.js';
import { SECRETS, startWebhookHost } from '../webhook/support/webhook-host.js';
import type { WebhookHost } from '../webhook/support/webhook-host.js';

const event = (type: string, more: object = {}) =>
  JSON.stringify({
    webhook_event_id: `whev_${randomUUID()}`,
    event_type: type,
    created_at: new Date().toISOString(),
    data: {},
    ...more,
  });

function gate() {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
}

/** What the host's own code does; each test says what fails. */
@Injectable()
class Ledger {
  readonly runs: string[] = [];
  readonly attempts: number[] = [];
  readonly seen: Delivery<unknown>[] = [];
  fail: (handler: string) => Error | undefined = () => undefined;
  hold: Promise<void> = Promise.resolve();
  /** The only handler that `hold` holds; absent: all of them. */
  held: string | undefined;
  release: () => void = () => undefined;

  /** Handlers, or this one, wait until `release`, at the latest until the test ends. */
  holdAll(only?: string): void {
    const { passed, open } = gate();
    this.hold = passed;
    this.held = only;
    this.release = open;
  }

  async run(handler: string, delivery: Delivery<unknown>): Promise<void> {
    this.runs.push(handler);
    this.attempts.push(delivery.attempt);
    this.seen.push(delivery);
    if (this.held === undefined || this.held === handler) await this.hold;
    const error = this.fail(handler);
    if (error !== undefined) throw error;
  }

  clear(): void {
    this.runs.length = 0;
    this.attempts.length = 0;
    this.seen.length = 0;
    this.fail = () => undefined;
    this.hold = Promise.resolve();
    this.held = undefined;
  }
}

@Injectable()
class Orders {
  constructor(@Inject(Ledger) private readonly ledger: Ledger) {}

  @OnFlintEvent('order.*')
  paid(delivery: Delivery<FlintEvent<{ amount?: number }>>): Promise<void> {
    return this.ledger.run('paid', delivery);
  }

  @OnWebhook('flint', 'order.paid', { name: 'orders.mail' })
  mail(delivery: Delivery): Promise<void> {
    return this.ledger.run('mail', delivery);
  }

  @OnFlintEvent('partner_app.*')
  app(delivery: Delivery): Promise<void> {
    return this.ledger.run('app', delivery);
  }

  @OnConnection('revoked')
  gone(delivery: Delivery): Promise<void> {
    return this.ledger.run('gone', delivery);
  }
}

/** Made anew for each delivery. */
@Injectable({ scope: Scope.REQUEST })
class PerDelivery {
  static made = 0;
  constructor(@Inject(Ledger) private readonly ledger: Ledger) {
    PerDelivery.made += 1;
  }

  @OnFlintEvent('refund.created')
  refund(delivery: Delivery): Promise<void> {
    return this.ledger.run('refund', delivery);
  }
}

describe.each(DATABASES)('deliveries on %s', (_, open) => {
  let database: TestDatabase;
  let host: WebhookHost;
  let ledger: Ledger;
  let deliveries: DeliveryService;
  /** Requests so far, and what the host's own look-up of webhook secrets waits for. */
  let requests = 0;
  let lookUp: Promise<void> | undefined;
  const logger = new NoisyLogger();

  const start = (policy: Partial<DeliveryPolicy> = {}) =>
    startWebhookHost(database, {
      logger,
      handlers: [Ledger, Orders, PerDelivery],
      flint: {
        hooks: {
          webhookSecrets: async () => {
            await lookUp;
            return [];
          },
        },
      },
      configure: (app) =>
        app.use((_request: unknown, _response: unknown, next: () => void) => {
          requests += 1;
          next();
        }),
      flock: {
        deliveries: {
          retryBaseMs: 20,
          retryCapMs: 60,
          leaseMs: 1_000,
          ...policy,
        },
      },
    });
  const send = async (type: string, more: object = {}, to = host): Promise<string> => {
    const id = `msg_${randomUUID()}`;
    const signed = standard(event(type, more), SECRETS.flint, { id });
    expect((await to.post('/flint/webhooks', signed)).status).toBe(200);
    return id;
  };
  const row = async (eventId: string) => {
    const [found] = await database.sql('SELECT * FROM flock_delivery WHERE event_id = ?', [
      eventId,
    ]);
    return found as Record<string, unknown>;
  };
  const ended = (eventId: string, status = 'done') =>
    until(async () => (await row(eventId)).status === status);
  const states = async (eventId: string) =>
    JSON.parse(((await row(eventId)).handlers as string | null) ?? '{}') as HandlerStates;
  /** While `work` runs nothing can be stored, or taken. */
  const withoutTable = async (work: () => Promise<void>) => {
    await database.sql('ALTER TABLE flock_delivery RENAME TO flock_delivery_away');
    try {
      await work();
    } finally {
      await database.sql('ALTER TABLE flock_delivery_away RENAME TO flock_delivery');
    }
  };

  beforeAll(async () => {
    database = await open();
    host = await start();
    ledger = host.app.get(Ledger);
    deliveries = host.app.get(DeliveryService);
  });
  beforeEach(() => ledger.clear());
  afterEach(() => ledger.release());
  afterAll(async () => {
    await host.close();
    await database.drop();
  });

  it('F48: are stored, sealed, before they are answered', async () => {
    ledger.holdAll();
    const id = await send('order.paid', { canary: 'the-body-in-clear' });
    const stored = await row(id);
    expect(stored).toMatchObject({ status: 'pending', source: 'webhook', type: 'order.paid' });
    expect(Buffer.from(stored.body as Buffer).toString('latin1')).not.toContain('the-body');
    ledger.release();
    await ended(id);
  });

  it('F46, F48: what cannot be stored is refused, and so are copies that came meanwhile', async () => {
    const id = `msg_${randomUUID()}`;
    const signed = standard(event('order.closed'), SECRETS.flint, { id });
    const post = async () => (await host.post('/flint/webhooks', signed)).status;
    // All of them go on from here at once.
    const { passed, open: goOn } = gate();
    lookUp = passed;
    await host.app.get(WebhookSecrets).clear({ provider: 'flint' });
    await withoutTable(async () => {
      const before = requests;
      const posted = Promise.all(Array.from({ length: 50 }, post));
      await until(() => requests - before === 50);
      goOn();
      // None is answered before the commit of the first, which there will not be.
      expect(new Set(await posted)).toEqual(new Set([503]));
    });
    expect(new Set(await Promise.all(Array.from({ length: 50 }, post)))).toEqual(new Set([200]));
    await ended(id);
    expect(await post()).toBe(200);
    expect(ledger.runs).toEqual(['paid']);
  });

  it('go to every handler that matches, with payload, text and times', async () => {
    const id = await send('order.paid', { data: { amount: 12 } });
    await ended(id);
    expect(ledger.runs.sort()).toEqual(['mail', 'paid']);
    const [seen] = ledger.seen as Delivery<FlintEvent<{ amount: number }>>[];
    expect(seen?.payload.data.amount).toBe(12);
    expect(JSON.parse(seen?.rawBody ?? '')).toEqual(seen?.payload);
    expect(seen).toMatchObject({ provider: 'flint', app: 'flint', eventId: id, attempt: 1 });
    expect(Math.abs(Date.now() - (seen?.receivedAt.getTime() ?? 0))).toBeLessThan(10_000);
    expect(seen?.connection).toBeUndefined();
  });

  it('are done although nobody handles them', async () => {
    const id = await send('payout.created');
    await ended(id);
    expect(ledger.runs).toEqual([]);
  });

  it('get a handler of their own where its class is request-scoped', async () => {
    const before = PerDelivery.made;
    await Promise.all(
      [await send('refund.created'), await send('refund.created')].map((id) => ended(id)),
    );
    expect(ledger.runs).toEqual(['refund', 'refund']);
    expect(PerDelivery.made - before).toBe(2);
  });

  it('F48: a retry runs only the handlers that did not finish, and says that it is one', async () => {
    let failures = 2;
    ledger.fail = (handler) => {
      if (handler !== 'mail' || failures === 0) return undefined;
      failures -= 1;
      return new TypeError('secret-in-a-message');
    };
    const id = await send('order.paid');
    await ended(id);
    expect(ledger.runs.filter((run) => run === 'paid')).toHaveLength(1);
    expect(ledger.runs.filter((run) => run === 'mail')).toHaveLength(3);
    expect(Math.max(...ledger.attempts)).toBe(3);
    expect(logger.lines.join('\n')).not.toContain('secret-in-a-message');
  });

  it('F48: that a handler is done is committed while another still runs', async () => {
    ledger.holdAll('mail');
    const id = await send('order.paid');
    await until(async () => (await states(id))['Orders.paid']?.state === 'done');
    expect(await row(id)).toMatchObject({ status: 'pending' });
    expect((await states(id))['orders.mail']).toEqual({ state: 'pending' });
    ledger.release();
    await ended(id);
    // Also where all of them have failed before.
    ledger.clear();
    ledger.fail = (handler) => {
      if (ledger.runs.length > 2) return undefined;
      // From its second run on.
      if (handler === 'mail') ledger.holdAll('mail');
      return new Error('at first');
    };
    const again = await send('order.paid');
    await until(async () => (await states(again))['Orders.paid']?.state === 'done');
    expect((await states(again))['orders.mail']).toMatchObject({ state: 'failed' });
    ledger.release();
    await ended(again);
  });

  it('F48: what a process was at that died runs again, and says so, but not for ever', async () => {
    const left = async (runs: number) => {
      const id = await send('order.closed');
      await ended(id);
      ledger.clear();
      await database.sql(
        `UPDATE flock_delivery SET status = 'pending', handlers = ?, attempts = ?, runs = ?,
           due_at = 1, claim_id = 'of the dead', claim_until = 1 WHERE event_id = ?`,
        ['{"Orders.paid":{"state":"pending"}}', runs, runs, id],
      );
      return id;
    };
    await ended(await left(11));
    expect([ledger.runs, ledger.attempts]).toEqual([['paid'], [12]]);
    await ended(await left(12), 'dead');
    expect(ledger.runs).toEqual([]);
  });

  it('F48: become dead letters after bounded retries, are listed, looked at and replayed', async () => {
    const { dead: before } = await deliveries.backlog();
    ledger.fail = (handler) => (handler === 'mail' ? new RangeError('no') : undefined);
    const id = await send('order.paid', { data: { note: 'look at me' } });
    await ended(id, 'dead');
    expect(ledger.runs.filter((run) => run === 'mail')).toHaveLength(12);
    const { deliveries: dead } = await deliveries.list({ status: 'dead', provider: 'flint' });
    expect(dead[0]).toMatchObject({
      eventId: id,
      status: 'dead',
      attempts: 12,
      handlers: {
        'Orders.paid': { state: 'done' },
        'orders.mail': { state: 'dead', error: 'RangeError', failures: 12 },
      },
    });
    expect((await deliveries.get(dead[0]?.id as string)).body).toContain('look at me');
    expect(await deliveries.backlog()).toMatchObject({ dead: before + 1 });
    ledger.clear();
    await deliveries.replay(dead[0]?.id as string, { actor: 'ops' });
    await ended(id);
    expect(ledger.runs).toEqual(['mail']);
    await deliveries.replay(dead[0]?.id as string, { handlers: ['Orders.paid'] });
    await until(() => ledger.runs.includes('paid'));
    // It says that it may have been handled before.
    expect(Math.min(...ledger.attempts)).toBeGreaterThan(12);
    await ended(id);
    const audit = await database.sql(
      "SELECT actor FROM flock_event WHERE action = 'delivery' ORDER BY at",
    );
    expect(audit.map(({ actor }) => actor)).toEqual(['ops', 'host']);
  });

  it('refuse to be looked up or replayed wrongly', async () => {
    const id = await send('order.closed');
    await ended(id);
    const known = String((await row(id)).id);
    for (const [wrong, code] of [
      [() => deliveries.get('x'), 'delivery_unknown'],
      [() => deliveries.get('0'.repeat(64)), 'delivery_unknown'],
      [() => deliveries.replay(known, { handlers: ['Nobody.x'] }), 'invalid_request'],
      [() => deliveries.list({ after: "'; DROP TABLE" }), 'invalid_request'],
    ] as const) {
      expect(await failureOf(wrong())).toMatchObject({ code });
    }
  });

  it('P11: are listed newest first, page by page, without gaps or repeats', async () => {
    const sent: string[] = [];
    for (let index = 0; index < 7; index += 1) {
      const id = await send('page.me');
      await ended(id);
      await database.sql('UPDATE flock_delivery SET received_at = ? WHERE event_id = ?', [
        Date.now() + index,
        id,
      ]);
      sent.push(id);
    }
    const found: string[] = [];
    let after: string | undefined;
    do {
      const page = await deliveries.list({ type: 'page.me', limit: 3, ...(after && { after }) });
      found.push(...page.deliveries.map(({ eventId }) => eventId));
      after = page.next;
    } while (after !== undefined);
    expect(found).toEqual(sent.reverse());
  });

  it('P9: come again without having failed when a handler asks for it', async () => {
    let asked = 0;
    ledger.fail = (handler) => {
      if (handler !== 'paid' || asked === 14) return undefined;
      asked += 1;
      return new RetryLater(0.01);
    };
    const id = await send('order.updated');
    await ended(id);
    expect(ledger.runs.filter((run) => run === 'paid')).toHaveLength(15);
    expect(ledger.attempts).toEqual(Array.from({ length: 15 }, (_run, index) => index + 1));
    expect(await row(id)).toMatchObject({ attempts: 1, runs: 15 });

    // Nor when it asks with the last of its twelve attempts.
    ledger.clear();
    ledger.fail = () => {
      const { length } = ledger.runs;
      return length < 12 ? new Error('no') : length === 12 ? new RetryLater(0.01) : undefined;
    };
    const last = await send('order.updated');
    await until(async () => (await row(last)).status !== 'pending');
    expect(await row(last)).toMatchObject({ status: 'done', attempts: 12, runs: 13 });
  });

  it('P8: of a handler that does not end count as failed, and it is told', async () => {
    const other = await start({ handlerTimeoutMs: 60, maxAttempts: 2 });
    // The first host would take it, too.
    await host.close();
    const theirs = other.app.get(Ledger);
    const never = gate();
    theirs.hold = never.passed;
    const id = await send('order.closed', {}, other);
    await ended(id, 'dead');
    expect(theirs.seen.every(({ signal }) => signal.aborted)).toBe(true);
    expect(String((await row(id)).handlers)).toContain('timeout');
    never.open();
    await other.close();
    host = await start();
    ledger = host.app.get(Ledger);
    deliveries = host.app.get(DeliveryService);
  });

  it('F48: a store that is away for longer than the claim makes no handler run again', async () => {
    ledger.holdAll();
    const id = await send('order.closed');
    await until(() => ledger.runs.length === 1);
    // As if the claim had lapsed while nothing could be written: it is due again, for everybody.
    for (let look = 0; look < 3; look += 1) {
      await database.sql(
        'UPDATE flock_delivery SET claim_until = NULL, claim_id = NULL WHERE event_id = ?',
        [id],
      );
      await until(async () => (await row(id)).claim_id !== null);
    }
    expect(ledger.runs).toEqual(['paid']);
    await withoutTable(async () => {
      ledger.release();
      // By then it has been tried to write down that it has ended.
      for (let post = 0; post < 3; post += 1) {
        const other = standard(event('order.closed'), SECRETS.flint);
        expect((await host.post('/flint/webhooks', other)).status).toBe(503);
      }
    });
    await ended(id);
    expect(ledger.runs).toEqual(['paid']);
  });

  it('F51: what ends a connection does not wait behind handlers that hang', async () => {
    ledger.holdAll();
    const waiting = await Promise.all(Array.from({ length: 20 }, () => send('order.closed')));
    await until(() => ledger.runs.length >= 16);
    const id = await send('partner_app.install.revoked', {
      data: { partner_app_install_id: 'pinst_x', status: 'revoked' },
    });
    // Not even behind one of the same event.
    await until(async () => (await states(id))['nest-flock.lifecycle']?.state === 'done');
    expect((await states(id))['Orders.app']).toEqual({ state: 'pending' });
    ledger.release();
    for (const one of [id, ...waiting]) await ended(one);
  });

  it('@OnConnection is told of a change by the same inbox, after its commit', async () => {
    const connections = host.app.get(ConnectionService);
    await database.sql('SELECT 1');
    const [flute] = (await connections.find({ provider: 'flute' })).connections;
    await connections.disconnect(flute?.id as string, { reason: 'test' });
    const told = await until(() => ledger.seen.find(({ type }) => type === 'revoked'));
    expect(told).toMatchObject({
      source: 'connection',
      provider: 'flute',
      connection: { id: flute?.id, status: 'revoked', reason: 'test' },
      payload: { event: 'revoked', reason: 'test' },
    });
    expect(ledger.runs).toEqual(['gone']);
  });

  it('F46, F48: are pruned when no duplicate can come any more, dead letters later', async () => {
    const id = await send('order.closed');
    await ended(id);
    const age = async (days: number, status: string) => {
      await database.sql(
        'UPDATE flock_delivery SET received_at = ?, status = ? WHERE event_id = ?',
        [Date.now() - days * 86_400_000, status, id],
      );
      await prune(host.app);
      return (await row(id)) !== undefined;
    };
    expect(await age(29, 'done')).toBe(true);
    expect(await age(89, 'dead')).toBe(true);
    expect(await age(300, 'pending')).toBe(true);
    expect(await age(31, 'done')).toBe(false);
    const left = await send('order.lost');
    await ended(left);
    await database.sql(
      "UPDATE flock_delivery SET received_at = ?, status = 'dead' WHERE event_id = ?",
      [Date.now() - 91 * 86_400_000, left],
    );
    await prune(host.app);
    expect(await row(left)).toBeUndefined();
  });
});

async function prune(app: INestApplication): Promise<void> {
  const { DeliveryStore } = await import('../../libs/core/src/inbox/delivery.store.js');
  await app.get(DeliveryStore).prune();
}

describe('handlers that are not clear', () => {
  const failure = async (wrong: (new () => object) | (new () => object)[]) => {
    const [, open] = DATABASES[0] as (typeof DATABASES)[number];
    const database = await open();
    try {
      const settings = Array.isArray(wrong) ? { controllers: wrong } : { handlers: [wrong] };
      return String((await failureOf(startWebhookHost(database, settings))).message);
    } finally {
      await database.drop();
    }
  };

  it('P10: stop the start: a provider or an app that is not there', async () => {
    @Injectable()
    class Misspelt {
      @OnWebhook('flnt', 'order.*')
      wrong(): void {}
      @OnFlintEvent('order.*', { app: 'eu' })
      noSuchApp(): void {}
    }
    const message = await failure(Misspelt);
    expect(message).toContain('Misspelt.wrong: there is no app of the provider "flnt"');
    expect(message).toContain('Misspelt.noSuchApp: expected the app flint, not "eu"');
  });

  it('P10: stop the start: two of one name', async () => {
    @Injectable()
    class Twins {
      @OnWebhook('flint', 'a', { name: 'twin' })
      one(): void {}
      @OnWebhook('flint', 'b', { name: 'twin' })
      two(): void {}
    }
    expect(await failure(Twins)).toContain('twin: two handlers have this name');
  });

  it('stop the start: in a controller that is made for each request', async () => {
    @Controller({ scope: Scope.REQUEST })
    class PerRequest {
      @OnWebhook('flint', 'a')
      wrong(): void {}
    }
    @Controller()
    class Fine {
      @OnWebhook('flint', 'a')
      right(): void {}
    }
    const message = await failure([PerRequest, Fine]);
    expect(message).toContain('PerRequest.wrong: a request-scoped controller handles nothing');
    expect(message).not.toContain('Fine');
  });
});
