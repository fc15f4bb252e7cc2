import { Sandbox } from '../sandbox.js';
import type { FlintWebhook } from '../flint/flint-webhook.js';
import { WebhookReceiver } from '../testing/webhook-receiver.js';

describe('a webhook sender', () => {
  let sandbox: Sandbox;
  let receiver: WebhookReceiver;
  let endpoint: FlintWebhook;
  const event = { type: 'order.paid', body: { n: 1 } };

  beforeEach(async () => {
    [sandbox, receiver] = await Promise.all([Sandbox.start(), WebhookReceiver.start()]);
    endpoint = sandbox.flint.addWebhook({ url: `${receiver.url}/hooks`, source_type: 'app' });
    sandbox.flint.webhooks.settings.retryDelaysMs = [5, 5];
  });
  afterEach(async () => {
    await sandbox.stop();
    await receiver.stop();
  });

  it('P87: retries under the same id until a 2xx', async () => {
    const { webhooks } = sandbox.flint;
    receiver.answers.push(500, 302, 204);
    const delivery = await webhooks.send(endpoint, event);
    expect(delivery).toMatchObject({ status: 'pending', attempts: [{ status: 500 }] });
    await webhooks.settled();
    expect(delivery.status).toBe('delivered');
    expect(delivery.attempts.map(({ status }) => status)).toEqual([500, 302, 204]);
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hooks', '/hooks', '/hooks']);
    const ids = new Set(receiver.received.map(({ headers }) => headers['webhook-id']));
    expect([...ids]).toEqual([delivery.event_id]);
    expect(webhooks.deliveries).toEqual([delivery]);
    expect(JSON.stringify(webhooks.deliveries)).not.toContain(endpoint.secret);
  });

  it('P87: gives up after the last retry, or at once when told so', async () => {
    const { webhooks } = sandbox.flint;
    receiver.answers.push(500, 500, 500, 500);
    const once = await webhooks.send(endpoint, event, { retry: false });
    expect([once.status, once.attempts.length]).toEqual(['failed', 1]);
    const often = await webhooks.send(endpoint, event);
    await webhooks.settled();
    expect([often.status, often.attempts.length]).toEqual(['failed', 3]);
  });

  it('P87: has the pace that is told of each provider', async () => {
    const fresh = await Sandbox.start();
    const { flint, fynd, flute, flinksPay } = fresh;
    const delays = [flint, fynd, flute, flinksPay].map(
      (one) => one.webhooks.settings.retryDelaysMs,
    );
    const timeouts = [flint, fynd, flute, flinksPay].map((one) => one.webhooks.settings.timeoutMs);
    await fresh.stop();
    expect(delays.map(({ length }) => length)).toEqual([8, 19, 5, 0]);
    const [ofFlint = [], ofFynd = []] = delays;
    expect([ofFlint[0], ofFlint.at(-1)]).toEqual([5_000, 14_400_000]);
    const sum = ofFynd.reduce((total, delay) => total + delay, 0);
    expect(sum).toBeGreaterThan(44 * 3_600_000);
    expect(sum).toBeLessThanOrEqual(48 * 3_600_000);
    expect(timeouts).toEqual([10_000, 10_000, 10_000, 10_000]);
  });

  it('tells of timeouts and refused connections', async () => {
    const { webhooks } = sandbox.flint;
    Object.assign(webhooks.settings, { timeoutMs: 30, retryDelaysMs: [] });
    receiver.answers.push('hang');
    expect((await webhooks.send(endpoint, event)).attempts).toMatchObject([{ error: 'timeout' }]);
    const target = { ...endpoint, url: 'http://127.0.0.1:1/' };
    const refused = await webhooks.send(target, event);
    expect(refused).toMatchObject({ status: 'failed', attempts: [{ error: 'ECONNREFUSED' }] });
  });

  it('sends copies, late, with the bytes and headers it is given', async () => {
    const how = {
      copies: 3,
      delayMs: 20,
      body: '{"n":1.0,"s":"\\u00e9"}',
      headers: { 'X-More': 'a' },
    };
    const began = Date.now();
    await sandbox.flint.webhooks.send(endpoint.url, event, { ...how, eventId: 'whev_mine' });
    expect(Date.now() - began).toBeGreaterThanOrEqual(15);
    expect(receiver.received).toHaveLength(3);
    for (const { body, headers } of receiver.received) {
      expect(body).toBe(how.body);
      expect(headers).toMatchObject({ 'x-more': 'a', 'webhook-id': 'whev_mine' });
    }
  });

  it('resends with a fresh timestamp and replays to the letter', async () => {
    const { webhooks } = sandbox.flint;
    const back = { timestampOffsetSeconds: -1000 };
    const first = await webhooks.send(endpoint, event, back);
    await webhooks.replay(first.delivery_id);
    await webhooks.resend(first.event_id);
    const [one, two, three] = receiver.received;
    expect(two).toEqual(one);
    expect(three?.body).toBe(one?.body);
    expect(three?.headers['webhook-id']).toBe(first.event_id);
    const stamps = [one, three].map((each) => Number(each?.headers['webhook-timestamp']));
    expect((stamps[1] ?? 0) - (stamps[0] ?? 0)).toBeGreaterThanOrEqual(1000);
    await expect(webhooks.resend('nothing')).rejects.toThrow('No event nothing');
    await expect(webhooks.replay('nothing')).rejects.toThrow('No delivery nothing');
  });

  it('holds back, and releases in another order', async () => {
    const { webhooks } = sandbox.flint;
    webhooks.settings.hold = true;
    const made = await webhooks.burst(5, (n) => ({
      to: endpoint,
      event: { ...event, id: `e${n}` },
    }));
    expect(made.map(({ status }) => status)).toEqual(Array(5).fill('pending'));
    await webhooks.settled();
    expect(receiver.received).toHaveLength(0);
    await webhooks.release({ order: 'newest' });
    const order = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(order).toEqual(['e4', 'e3', 'e2', 'e1', 'e0']);
    await webhooks.burst(5, (n) => ({ to: endpoint, event: { ...event, id: `f${n}` } }));
    await webhooks.release({ order: 'random', concurrency: 5 });
    expect(webhooks.deliveries.every(({ status }) => status === 'delivered')).toBe(true);
  });

  it('P83: refuses what makes no sense, with the name of the field', async () => {
    const { webhooks } = sandbox.flint;
    await expect(webhooks.send(endpoint, event, { copies: 0 })).rejects.toThrow('how.copies');
    await expect(webhooks.send(endpoint, event, { kopies: 1 } as never)).rejects.toThrow('kopies');
    await expect(webhooks.send(endpoint, event, { sign: 'previous' })).rejects.toThrow('previous');
    await expect(webhooks.send('nowhere', event)).rejects.toThrow('url');
    await expect(webhooks.send('http://127.0.0.1:1/', event)).rejects.toThrow('No endpoint');
    const options = { flint: { webhooks: { timeoutMs: 0 } } };
    await expect(Sandbox.start(options)).rejects.toThrow('webhooks.timeoutMs');
  });

  it('P87: gives up when the endpoint is removed, at reset and at stop', async () => {
    const { webhooks } = sandbox.flint;
    webhooks.settings.retryDelaysMs = [60_000];
    receiver.answers.push(500, 500, 500, 'hang');
    const other = sandbox.flint.addWebhook({ url: `${receiver.url}/other`, source_type: 'app' });
    const removed = await webhooks.send(other, event);
    sandbox.flint.removeWebhook(other.webhook_id);
    await webhooks.settled();
    expect(removed).toMatchObject({ status: 'failed', reason: 'The endpoint was removed.' });
    await webhooks.send(endpoint, event);
    sandbox.reset();
    await webhooks.settled();
    expect(webhooks.deliveries).toEqual([]);
    const waiting = await webhooks.send(endpoint, event);
    const hanging = webhooks.send(endpoint, event);
    await receiver.count(4);
    await sandbox.stop();
    await webhooks.settled();
    expect(waiting).toMatchObject({ status: 'failed', reason: 'stopped' });
    expect(await hanging).toMatchObject({ status: 'failed', attempts: [{ error: 'stopped' }] });
    expect((await webhooks.send(endpoint, event)).status).toBe('failed');
    while ((await receiver.connections()) > 0) await new Promise((go) => setTimeout(go, 5));
  });

  it('sends ten thousand at once, each of them once', async () => {
    const made = await sandbox.flint.webhooks.burst(10_000, () => ({ to: endpoint, event }), {
      concurrency: 100,
    });
    expect(made.every(({ status }) => status === 'delivered')).toBe(true);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(
      10_000,
    );
  });
});
