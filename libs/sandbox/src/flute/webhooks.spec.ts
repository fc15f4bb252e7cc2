import { Sandbox } from '../sandbox.js';
import { opensslHmac } from '../testing/openssl.js';
import { WebhookReceiver } from '../testing/webhook-receiver.js';
import type { FluteEnvironment } from './flute-environment.js';

const ALL = '/v2/webhooks/endpoints';

describe('the webhooks of Flute', () => {
  let sandbox: Sandbox;
  let receiver: WebhookReceiver;

  beforeEach(async () => {
    [sandbox, receiver] = await Promise.all([Sandbox.start(), WebhookReceiver.start()]);
    sandbox.flute.webhooks.settings.retryDelaysMs = [];
  });
  afterEach(async () => {
    await sandbox.stop();
    await receiver.stop();
  });

  async function call(
    method: string,
    path: string,
    body?: unknown,
    environment: FluteEnvironment = 'sandbox',
  ) {
    const { client_id, client_secret } = sandbox.flute.key;
    const obtained = await fetch(sandbox.flute.tokenUrl(environment), {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        scope: 'offline_access',
        client_id,
        client_secret,
      }),
    });
    const { access_token } = (await obtained.json()) as { access_token: string };
    const response = await fetch(sandbox.flute.apiUrl(environment) + path, {
      method,
      headers: {
        authorization: `Bearer ${access_token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = (text === '' ? {} : JSON.parse(text)) as Record<string, never>;
    return { status: response.status, body: answer };
  }

  it('manage endpoints of one key in one environment, the secret shown once', async () => {
    const made = await call('POST', ALL, { webhookName: 'Mine', url: receiver.url });
    expect(made.status).toBe(201);
    const { endpointId, hmacSecret } = made.body;
    expect(sandbox.flute.secretsSeen()).toContain(hmacSecret);
    const listed = await call('GET', ALL);
    expect(listed.body).toMatchObject({
      items: [{ endpointId, webhookName: 'Mine' }],
      pageInfo: { totalItems: 1 },
    });
    expect(JSON.stringify(listed.body)).not.toContain(hmacSecret);
    expect((await call('GET', ALL, undefined, 'production')).body['items']).toEqual([]);
    const changed = await call('PATCH', `${ALL}/${endpointId}`, { enabled: false });
    expect(changed.body).toMatchObject({ enabled: false, webhookName: 'Mine' });
    expect((await call('DELETE', `${ALL}/${endpointId}`)).status).toBe(204);
    expect((await call('GET', `${ALL}/${endpointId}`)).status).toBe(404);
    const types = await call('GET', '/v2/webhooks/event-types');
    expect(types.body['items']).toContainEqual({ eventType: 'transaction.card.captured' });
    expect((await fetch(sandbox.flute.apiUrl('sandbox') + ALL)).status).toBe(401);
  });

  it.each([
    ['url', { url: 'http://elsewhere.example' }],
    ['webhookName', { webhookName: undefined }],
    ['name', { name: 'x' }],
    ['eventTypes', { eventTypes: 'all' }],
  ])('name a wrong %s', async (field, changes) => {
    const made = await call('POST', ALL, { webhookName: 'Mine', url: receiver.url, ...changes });
    expect([made.status, Object.keys(made.body['errors'] ?? {})]).toEqual([400, [field]]);
  });

  it('have older names too', async () => {
    Object.assign(sandbox.flute.settings, { webhookFields: 'older', webhookCreatedStatus: 200 });
    const made = await call('POST', ALL, { name: 'Mine', url: receiver.url });
    expect(made.status).toBe(200);
    expect(Object.keys(made.body)).toEqual(expect.arrayContaining(['id', 'name', 'secret']));
  });

  it('are signed with the secret as it is', async () => {
    const { secret } = sandbox.flute.addWebhook({ url: receiver.url, environment: 'sandbox' });
    const event = {
      environment: 'sandbox',
      type: 'settlement.batch.completed',
      resourceId: 'batch-1',
      resourceType: 'settlement',
    } as const;
    const [sent] = await sandbox.flute.emit(event);
    expect(await sandbox.flute.emit({ ...event, environment: 'production' })).toEqual([]);
    const [got] = receiver.received;
    if (!got) throw new Error('nothing came');
    const { headers, body } = got;
    const id = String(headers['flute-webhook-id']);
    const stamp = String(headers['flute-webhook-timestamp']);
    const mac = opensslHmac(secret, `${id}.${stamp}.${body}`, 'base64');
    expect(headers['flute-webhook-signature']).toBe(`v1,${mac}`);
    expect(JSON.parse(body)).toEqual({
      id: sent?.event_id,
      data: { object: { id: 'batch-1', resourceType: 'settlement' } },
      type: 'settlement.batch.completed',
      created: expect.any(Number) as number,
      apiVersion: 'v2',
    });
    expect(id).toBe(sent?.event_id);
  });

  it('tell of new transactions those who want it, and answer a ping', async () => {
    const only = ['transaction.card.declined'];
    const url = `${receiver.url}/declined`;
    sandbox.flute.addWebhook({ url, environment: 'sandbox', eventTypes: only });
    const { id } = sandbox.flute.addWebhook({ url: receiver.url, environment: 'sandbox' });
    const charge = (cardNumber: string) =>
      call('POST', '/v2/transactions', {
        paymentProcessorId: 'processor-1',
        baseAmount: 12.34,
        currencyCode: 'USD',
        transactionDetails: { cardData: { paymentMethodDetails: { cardNumber } } },
      });
    const { body } = await charge('4111111111111111');
    await receiver.count(1);
    await charge('4000000000000002');
    await receiver.count(3);
    const seen = receiver.received.map((one) => {
      const { type, data } = JSON.parse(one.body) as { type: string; data: unknown };
      return { path: one.path, type, data };
    });
    const object = { id: body['transactionId'], resourceType: 'transaction' };
    expect(seen[0]).toEqual({ path: '/', type: 'transaction.card.captured', data: { object } });
    expect(
      seen
        .slice(1)
        .map((one) => `${one.path} ${one.type}`)
        .sort(),
    ).toEqual(['/ transaction.card.declined', '/declined transaction.card.declined']);
    expect((await call('POST', `${ALL}/${id}/ping`)).status).toBe(200);
    const last = (await receiver.count(4)).at(-1);
    expect(JSON.parse(last?.body ?? '')).toMatchObject({ type: 'ping' });
  });

  it('are reached through control routes', async () => {
    const control = async (route: string, body: unknown) => {
      const response = await fetch(`${sandbox.url}/__sandbox/flute/${route}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return (await response.json()) as { data: Record<string, unknown>[] };
    };
    await control('webhooks', { url: receiver.url, environment: 'sandbox' });
    const event = { type: 'ping', resourceId: 'x', resourceType: 'y', environment: 'sandbox' };
    const { data } = await control('emit', event);
    expect(data).toMatchObject([{ status: 'delivered' }]);
    await control('replay', { delivery_id: data[0]?.['delivery_id'] });
    expect(receiver.received).toHaveLength(2);
    expect(await (await fetch(sandbox.url)).text()).toContain('Captured event');
  });
});
