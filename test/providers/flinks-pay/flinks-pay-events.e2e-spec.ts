import { Injectable } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { OnWebhook } from '@nest-flock/core';
import type { Delivery, FlockOptions } from '@nest-flock/core';
import { FlinksPayModule, FlinksPayService } from '@nest-flock/flinks-pay';
import { Sandbox } from '@nest-flock/sandbox';
import { DATABASES } from '../../support/databases.js';
import type { TestDatabase } from '../../support/databases.js';
import { freePort } from '../../support/host.js';
import { failureOf, until } from '../../support/poll.js';
import { startApp } from '../../support/start-app.js';

@Injectable()
class Payments {
  readonly heard: Delivery[] = [];

  @OnWebhook('flinks-pay')
  changed(delivery: Delivery): void {
    this.heard.push(delivery);
  }

  get statuses(): unknown[] {
    return this.heard.map(({ payload }) => payload.status);
  }
}

const SESSION = {
  type: 'e-Transfer',
  amount: '10.50',
  payor: { firstName: 'Ada', lastName: 'Byron', email: 'ada@example.com' },
} as const;
/** With v1. */
const PAYMENT = {
  amount: '10.50',
  customerName: 'Ada Byron',
  customerEmail: 'ada@example.com',
};

describe.each(DATABASES)('how a FlinksPay session ends on %s', (_, open) => {
  let database: TestDatabase;
  let sandbox: Sandbox;
  let app: INestApplication;
  let payments: Payments;
  let service: FlinksPayService;
  let url: string;

  const start = async (options: object = {}, flock: FlockOptions = {}) => {
    const { customer } = sandbox.flinksPay;
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const webhook = sandbox.flinksPay.setWebhook({ url: `${url}/flinks-pay/webhooks` });
    app = await startApp({
      port,
      database,
      flock,
      imports: [
        FlinksPayModule.forRoot({
          baseUrl: sandbox.flinksPay.url,
          username: customer.username,
          password: customer.password,
          webhookSecrets: [webhook.secret],
          pollSeconds: 1,
          ...options,
        }),
      ],
      providers: [Payments],
    });
    payments = app.get(Payments);
    service = app.get(FlinksPayService, { strict: false });
  };

  beforeEach(async () => {
    database = await open();
    sandbox = await Sandbox.start({ providers: ['flinks-pay'] });
  });
  afterEach(async () => {
    await app.close();
    await sandbox.stop();
    await database.drop();
  });

  const polled = () =>
    sandbox.flinksPay.apiCalls.filter(({ path }) => /status$|paymentrequests\//.test(path)).length;
  const waiting = () =>
    database.sql("SELECT * FROM flock_delivery WHERE source = 'task' AND status = 'pending'");
  /** As if the session had been started so long ago; due now. */
  const age = (ms: number) =>
    database.sql(
      `UPDATE flock_delivery SET received_at = received_at - ${ms}, due_at = received_at - ${ms}
       WHERE source = 'task'`,
    );
  /** Nothing is asked for any more, and what was found out has been handled. */
  const allHandled = async () =>
    (await database.sql("SELECT id FROM flock_delivery WHERE status = 'pending'")).length === 0;

  it('F46, P62: a webhook and the status that was asked for are one event', async () => {
    await start();
    const { sessionId } = await service.v2.createSession(SESSION);
    await until(() => polled() > 0);
    sandbox.flinksPay.setSessionStatus(sessionId, 'Completed');
    await until(allHandled);
    expect(payments.statuses.filter((status) => status === 'Completed')).toHaveLength(1);
    expect(payments.heard.at(-1)).toMatchObject({
      type: 'SessionSetupStatusChanged',
      connection: { provider: 'flinks-pay', account: 'default' },
      payload: { sessionId },
    });
  });

  it('F52, P62: is found out by asking where no webhook comes: expired, or lost', async () => {
    await start();
    sandbox.flinksPay.removeWebhook();
    const expired = await service.v2.createSession({ ...SESSION, referenceId: 'order-expired' });
    const lost = await service.v2.createSession({ ...SESSION, referenceId: 'order-lost' });
    sandbox.flinksPay.expireSession(expired.sessionId);
    sandbox.flinksPay.setSessionStatus(lost.sessionId, 'Failed');
    await until(allHandled);
    await until(() => ['Expired', 'Failed'].every((end) => payments.statuses.includes(end)));
    const ends = payments.heard.map(({ payload }) => [payload.referenceId, payload.status]);
    expect(ends).toContainEqual(['order-expired', 'Expired']);
    expect(ends).toContainEqual(['order-lost', 'Failed']);
  });

  it('P62: every end that the guide names is one', async () => {
    await start();
    sandbox.flinksPay.removeWebhook();
    const ends = ['Completed', 'Failed', 'Canceled', 'Cancelled', 'Expired', 'Declined', 'Settled'];
    for (const end of ends) {
      const { sessionId } = await service.v2.createSession({ ...SESSION, referenceId: end });
      sandbox.flinksPay.setSessionStatus(sessionId, end);
    }
    await until(allHandled);
    expect([...payments.statuses].sort()).toEqual(expect.arrayContaining([...ends].sort()));
  });

  it('P62: v1: follows the payment to its end, each status once', async () => {
    await start();
    sandbox.flinksPay.removeWebhook();
    const { requestId } = await service.createSession(PAYMENT);
    await until(() => payments.statuses.includes('Initiated'));
    sandbox.flinksPay.setPaymentStatus(requestId, 'Accepted');
    await until(() => payments.statuses.includes('Accepted'));
    sandbox.flinksPay.setPaymentStatus(requestId, 'Settled');
    await until(allHandled);
    expect(payments.statuses).toEqual(['Initiated', 'Accepted', 'Settled']);
  });

  it('P62: goes on asking through failures and after a restart', async () => {
    // Whatever counted as a failed attempt would be the last one.
    const once = { deliveries: { maxAttempts: 1 } };
    await start({}, once);
    sandbox.flinksPay.removeWebhook();
    const failing = (status: number) =>
      sandbox.faults.add({
        on: ({ path }) => path.endsWith('/status'),
        times: Infinity,
        fault: { kind: 'status', status },
      });
    const away = failing(503);
    const { sessionId } = await service.v2.createSession(SESSION);
    await until(() => polled() >= 2);
    away.remove();
    // A refusal is no clear answer either.
    const refusing = failing(404);
    const before = polled();
    await until(() => polled() >= before + 2);
    await app.close();
    await start({}, once);
    sandbox.flinksPay.removeWebhook();
    refusing.remove();
    sandbox.flinksPay.setSessionStatus(sessionId, 'Canceled');
    await until(() => payments.statuses.includes('Canceled'));
    expect(payments.statuses).toEqual(['Canceled']);
  });

  it('P62: is asked about every 30 s unless told otherwise', async () => {
    await start({ pollSeconds: undefined });
    await service.v2.createSession(SESSION);
    const [task] = await waiting();
    expect(Number(task?.due_at) - Number(task?.received_at)).toBe(30_000);
  });

  it('P62: is asked about ten times less often after an hour, and no more after a week', async () => {
    await start({ pollSeconds: 30 });
    sandbox.flinksPay.removeWebhook();
    await service.v2.createSession(SESSION);
    const next = async (ms: number) => {
      const before = polled();
      const from = Date.now();
      await age(ms);
      await until(() => polled() > before);
      return until(async () => {
        const [task] = await waiting();
        if (task === undefined) return 'ended';
        return Number(task.due_at) > from && Number(task.due_at) - from;
      });
    };
    const hour = 3_600_000;
    expect(await next(hour / 2)).toBeLessThan(299_000);
    expect(await next(hour / 2 + 1_000)).toBeGreaterThanOrEqual(299_000);
    expect(await next(6 * 24 * hour)).toBeGreaterThanOrEqual(299_000);
    expect(await next(24 * hour)).toBe('ended');
  });

  it('P13: a session that was activated later is asked about as well', async () => {
    await start();
    sandbox.flinksPay.removeWebhook();
    const fault = { kind: 'status', status: 400 } as const;
    sandbox.faults.add({ on: 'api.paymentrequests', fault });
    const { sessionId } = await failureOf(service.createSession(PAYMENT));
    expect(await waiting()).toEqual([]);
    const { requestId } = await service.activateSession(sessionId as string);
    expect(await waiting()).toHaveLength(1);
    sandbox.flinksPay.setPaymentStatus(requestId, 'Settled');
    await until(allHandled);
    expect(payments.statuses.at(-1)).toBe('Settled');
  });

  it('P13, P62: is not asked for when that is switched off', async () => {
    await start({ pollSeconds: 0 });
    const { sessionId } = await service.v2.createSession(SESSION);
    expect(await waiting()).toEqual([]);
    sandbox.flinksPay.setSessionStatus(sessionId, 'Completed');
    await until(() => payments.statuses.includes('Completed'));
    expect(polled()).toBe(0);
  });
});
