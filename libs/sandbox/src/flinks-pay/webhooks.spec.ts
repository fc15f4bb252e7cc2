import { Sandbox } from '../sandbox.js';
import { opensslHmac } from '../testing/openssl.js';
import { WebhookReceiver } from '../testing/webhook-receiver.js';

describe('the webhooks of FlinksPay', () => {
  let sandbox: Sandbox;
  let receiver: WebhookReceiver;

  beforeEach(async () => {
    [sandbox, receiver] = await Promise.all([Sandbox.start(), WebhookReceiver.start()]);
  });
  afterEach(async () => {
    await sandbox.stop();
    await receiver.stop();
  });

  async function start(): Promise<{ sessionId: string; cancel(): Promise<number> }> {
    const { customer } = sandbox.flinksPay;
    const authorize = async () => {
      const response = await fetch(`${customer.url}/api/v1/authorize`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          Username: customer.username,
          Password: customer.password,
        }),
      });
      const { access_token } = (await response.json()) as { access_token: string };
      return { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' };
    };
    const response = await fetch(`${customer.url}/api/v2/sessions`, {
      method: 'POST',
      headers: await authorize(),
      body: JSON.stringify({
        referenceId: 'order-2',
        type: 'e-Transfer',
        direction: 'DEBIT',
        currency: 'CAD',
        amount: 10,
        payor: { firstName: 'Ada', lastName: 'Byron', email: 'ada@example.com' },
      }),
    });
    const { sessionId } = (await response.json()) as { sessionId: string };
    const cancel = async () => {
      const url = `${customer.url}/api/v2/sessions/${sessionId}/cancel`;
      return (await fetch(url, { method: 'POST', headers: await authorize() })).status;
    };
    return { sessionId, cancel };
  }

  it.each([
    ['authenticity-key', 'flinks-authenticity-key'],
    ['signature', 'x-flinks-signature'],
    ['webhook-signature', 'x-webhook-signature'],
  ] as const)('are signed in the form %s', async (form, header) => {
    const secret = 'whsec_ünïcode';
    sandbox.flinksPay.setWebhook({ url: receiver.url, secret, form });
    const { sessionId } = await start();
    sandbox.flinksPay.setSessionStatus(sessionId, 'Completed');
    const [got] = await receiver.count(1);
    const body = got?.body ?? '';
    const hex = opensslHmac(secret, body, 'hex');
    expect(got?.headers[header]).toBe(
      form === 'webhook-signature'
        ? `sha256=${hex.toUpperCase()}`
        : opensslHmac(secret, body, 'base64'),
    );
    expect(JSON.parse(body)).toEqual({
      event: 'SessionSetupStatusChanged',
      sessionId,
      status: 'Completed',
      referenceId: 'order-2',
      when: expect.any(String) as string,
    });
    const { webhooks } = sandbox.flinksPay;
    expect(webhooks.settings.retryDelaysMs).toEqual([]);
    expect(JSON.stringify(webhooks.deliveries)).not.toContain(secret);
  });

  it('P88: tell of ends only, once each, and are not retried', async () => {
    sandbox.flinksPay.setWebhook({ url: receiver.url });
    receiver.answers.push(500);
    const [one, two, three] = [await start(), await start(), await start()];
    sandbox.flinksPay.setSessionStatus(one.sessionId, 'InProgress');
    sandbox.flinksPay.expireSession(one.sessionId);
    expect(await two.cancel()).toBe(200);
    sandbox.flinksPay.setSessionStatus(three.sessionId, 'Failed');
    sandbox.flinksPay.setSessionStatus(three.sessionId, 'Failed');
    await sandbox.flinksPay.webhooks.settled();
    const seen = receiver.received.map(({ body }) => JSON.parse(body) as Record<string, string>);
    expect(seen.map(({ status }) => status).sort()).toEqual(['Canceled', 'Failed']);
    const states = sandbox.flinksPay.webhooks.deliveries.map(({ status }) => status).sort();
    expect(states).toEqual(['delivered', 'failed']);
    sandbox.flinksPay.removeWebhook();
    sandbox.flinksPay.setSessionStatus((await start()).sessionId, 'Completed');
    await sandbox.flinksPay.webhooks.settled();
    expect(receiver.received).toHaveLength(2);
  });

  it('are of one customer, and can be signed with the secret before', async () => {
    const birch = sandbox.flinksPay.addCustomer({ name: 'birch' });
    sandbox.flinksPay.setWebhook({ url: receiver.url, customer: birch });
    sandbox.flinksPay.setSessionStatus((await start()).sessionId, 'Completed');
    await sandbox.flinksPay.webhooks.settled();
    expect(receiver.received).toHaveLength(0);
    const webhook = sandbox.flinksPay.setWebhook({
      url: receiver.url,
      customer: birch,
      secret: 'b',
    });
    const how = { sign: 'previous' } as const;
    await sandbox.flinksPay.webhooks.send(webhook, { type: 'x', body: {} }, how);
    const mac = opensslHmac(webhook.previousSecret ?? '', '{}', 'hex').toUpperCase();
    expect(receiver.received[0]?.headers['x-webhook-signature']).toBe(`sha256=${mac}`);
    const set = (changes: object) => () =>
      sandbox.flinksPay.setWebhook({ url: receiver.url, ...changes });
    expect(set({ form: 'other' })).toThrow('form');
    expect(set({ url: 'http://elsewhere.example' })).toThrow('url');
  });

  it('are reached through control routes', async () => {
    const control = (route: string, body: unknown) =>
      fetch(`${sandbox.url}/__sandbox/flinks-pay/${route}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const { sessionId } = await start();
    await control('webhook', { url: receiver.url, form: 'signature' });
    await control('expire-session', { sessionId });
    expect(sandbox.flinksPay.sessions[0]?.status).toBe('Expired');
    await control('session-status', { sessionId, status: 'Completed' });
    await receiver.count(1);
    expect((await control('webhook', { url: receiver.url, form: 'x' })).status).toBe(400);
    expect(await (await fetch(sandbox.url)).text()).toContain('SessionSetupStatusChanged');
  });
});
