import { Sandbox } from '../sandbox.js';
import { opensslHmac } from '../testing/openssl.js';
import { WebhookReceiver } from '../testing/webhook-receiver.js';

const PLACED = { category: 'application', name: 'order', type: 'placed', version: '1' };
const EVENT = { event_category: 'application', event_name: 'order', event_type: 'placed' };

describe('the webhooks of Fynd', () => {
  let sandbox: Sandbox;
  let receiver: WebhookReceiver;
  let token: string;

  beforeEach(async () => {
    receiver = await WebhookReceiver.start();
    const fynd = { extensionUrl: `${receiver.url}/base/`, webhooks: { retryDelaysMs: [5] } };
    sandbox = await Sandbox.start({ fynd });
    token = sandbox.fynd.issueOffline().access_token;
  });
  afterEach(async () => {
    await sandbox.stop();
    await receiver.stop();
  });

  async function call(method: string, path: string, body?: unknown, bearer = token) {
    const response = await fetch(sandbox.fynd.url + path, {
      method,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, never> };
  }
  const path = (version: string, company = 1) =>
    `/service/platform/webhook/${version}/company/${company}/subscriber`;
  const auth_meta = () => ({ type: 'hmac', secret: sandbox.fynd.extension.client_secret });
  const subscription = () => ({
    webhook_config: {
      notification_email: 'a@b.example',
      name: sandbox.fynd.extension.client_id,
      association: { application_id: [], criteria: 'ALL' },
      status: 'active',
      event_map: {
        rest: {
          webhook_url: `${receiver.url}/hooks`,
          auth_meta: auth_meta(),
          events: [{ ...EVENT, version: '1' }],
        },
      },
    },
  });
  const current = () =>
    `/service/platform/webhook/v1.0/company/1/extension/${sandbox.fynd.extension.client_id}/subscriber`;

  it('are subscribed to by version 3, and sent signed over the raw body', async () => {
    expect((await call('PUT', path('v3.0'), subscription())).status).toBe(200);
    const { body } = await call('GET', current());
    expect(body['items']).toMatchObject([{ provider: 'rest', event_configs: [EVENT] }]);
    const event = { company_id: 1, event: PLACED, payload: { total: 1 }, application_id: 'app_1' };
    const [sent] = await sandbox.fynd.emit(event);
    expect(sent).toMatchObject({ status: 'delivered', event_type: 'application/order/placed/v1' });
    const [got] = receiver.received;
    expect(got?.path).toBe('/hooks');
    expect(got?.headers['x-fp-event-id']).toBe(sent?.event_id);
    const { client_secret } = sandbox.fynd.extension;
    expect(got?.headers['x-fp-signature']).toBe(opensslHmac(client_secret, got?.body ?? '', 'hex'));
    expect(JSON.parse(got?.body ?? '')).toEqual({
      company_id: 1,
      application_id: 'app_1',
      event: { ...PLACED, created_timestamp: expect.any(Number) as number },
      payload: { total: 1 },
    });

    await sandbox.fynd.emit(event, { body: '{"total":1.0,"event":{}}', sign: 'wrong' });
    const odd = receiver.received[1];
    expect(odd?.body).toBe('{"total":1.0,"event":{}}');
    expect(odd?.headers['x-fp-signature']).not.toBe(
      opensslHmac(client_secret, odd?.body ?? '', 'hex'),
    );
    await expect(sandbox.fynd.emit(event, { sign: 'both' })).rejects.toThrow('how.sign');
  });

  it('are suppressed when the event map has no such event', async () => {
    await call('PUT', path('v3.0'), subscription());
    const other = { ...PLACED, type: 'cancelled' };
    const [held] = await sandbox.fynd.emit({ company_id: 1, event: other, payload: {} });
    expect(held).toMatchObject({ status: 'suppressed' });
    expect(held?.reason).toContain('application/order/cancelled/v1');
    expect(await sandbox.fynd.emit({ company_id: 2, event: PLACED, payload: {} })).toEqual([]);
    await sandbox.fynd.ping(1);
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({ event: { name: 'ping' } });
    const url = `${receiver.url}/direct`;
    await sandbox.fynd.emit({ company_id: 2, event: PLACED, payload: {}, url });
    expect(receiver.received[1]?.path).toBe('/direct');
  });

  it('fall back to version 2, then to version 1', async () => {
    sandbox.fynd.settings.subscriberVersion = 'v2.0';
    expect((await call('PUT', path('v3.0'), subscription())).status).toBe(404);
    const older = {
      name: 'x',
      webhook_url: `${receiver.url}/hooks`,
      provider: 'rest',
      status: 'active',
      email_id: 'a@b.example',
      association: { company_id: 1, application_id: [], criteria: 'ALL' },
      auth_meta: auth_meta(),
    };
    const events = [{ slug: 'application/order/placed/v1' }];
    expect((await call('POST', path('v2.0'), { ...older, events })).status).toBe(200);
    expect(sandbox.fynd.subscribers).toMatchObject([{ events: [PLACED] }]);

    sandbox.fynd.settings.subscriberVersion = 'v1.0';
    expect((await call('PUT', path('v2.0'), { ...older, events })).status).toBe(404);
    const details = await call('POST', '/service/common/webhook/v1.0/events/query-event-details', [
      { ...EVENT, version: '1' },
    ]);
    const [{ id }] = details.body['event_configs'] as unknown as [{ id: number }];
    expect((await call('PUT', path('v1.0'), { ...older, event_id: [id] })).status).toBe(200);
    expect(sandbox.fynd.subscribers).toMatchObject([{ id: 1, events: [PLACED] }]);
  });

  it('need the company of the token, and fields that make sense', async () => {
    expect((await call('PUT', path('v3.0'), subscription(), 'no')).status).toBe(401);
    expect((await call('PUT', path('v3.0', 2), subscription())).status).toBe(403);
    const wrong = subscription();
    wrong.webhook_config.event_map.rest.webhook_url = 'http://elsewhere.example';
    const answer = await call('PUT', path('v3.0'), wrong);
    expect(answer.status).toBe(400);
    expect(answer.body['message']).toContain('webhook_config.event_map.rest.webhook_url');
    sandbox.faults.add({ on: 'api.webhooks', fault: { kind: 'status', status: 503, body: {} } });
    expect((await call('GET', current())).status).toBe(503);
  });

  it('tell of an uninstall, after which everything is dead until the next launch', async () => {
    await call('PUT', path('v3.0'), subscription());
    const delivery = sandbox.fynd.uninstall(1);
    await sandbox.fynd.webhooks.settled();
    expect(delivery).toMatchObject({ status: 'delivered', event_type: 'uninstall' });
    const [told] = receiver.received;
    expect(told?.path).toBe('/base/fp/uninstall');
    const { client_id, client_secret } = sandbox.fynd.extension;
    expect(JSON.parse(told?.body ?? '')).toEqual({ client_id, company_id: 1 });
    expect(told?.headers).not.toHaveProperty('x-fp-signature');
    expect((await call('GET', current())).status).toBe(401);
    expect(sandbox.fynd.subscribers).toEqual([]);

    expect(sandbox.fynd.uninstall(2, { post: false })).toBeUndefined();
    receiver.answers.push(500);
    sandbox.fynd.uninstall(2, { signed: true });
    await sandbox.fynd.webhooks.settled();
    expect(receiver.received).toHaveLength(2);
    const signature = receiver.received[1]?.headers['x-fp-signature'];
    expect(signature).toBe(opensslHmac(client_secret, receiver.received[1]?.body ?? '', 'hex'));

    token = sandbox.fynd.issueOffline().access_token;
    expect((await call('GET', current())).status).toBe(200);
  });

  it('bring a good code with an install by itself', async () => {
    sandbox.fynd.autoInstall(2);
    await sandbox.fynd.webhooks.settled();
    const [told] = receiver.received;
    expect(told?.path).toBe('/base/fp/auto_install');
    const { company_id, code, client_id } = JSON.parse(told?.body ?? '') as Record<string, string>;
    const { client_secret, scopes } = sandbox.fynd.extension;
    expect([company_id, client_id]).toEqual([2, sandbox.fynd.extension.client_id]);
    const response = await fetch(
      `${sandbox.fynd.url}/service/panel/authentication/v1.0/company/2/oauth/offline-token`,
      {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({
          grant_type: 'authorization_code',
          code,
          client_id,
          client_secret,
          scope: scopes,
        }),
      },
    );
    expect(response.status).toBe(200);
    expect(() => sandbox.fynd.autoInstall(99)).toThrow('no company 99');
  });

  it('are reached through control routes', async () => {
    const control = async (route: string, body: unknown) => {
      const response = await fetch(`${sandbox.url}/__sandbox/fynd/${route}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return (await response.json()) as { data: never; error?: { field: string } };
    };
    await call('PUT', path('v3.0'), subscription());
    await control('ping', { company_id: 1 });
    await control('emit', { company_id: 1, event: PLACED, how: { copies: 2 } });
    await control('auto-install', { company_id: 1 });
    await control('uninstall', { company_id: 1, signed: true });
    await sandbox.fynd.webhooks.settled();
    expect(receiver.received.map((one) => one.path).sort()).toEqual([
      '/base/fp/auto_install',
      '/base/fp/uninstall',
      '/hooks',
      '/hooks',
      '/hooks',
    ]);
    const wrong = await control('emit', { company_id: 1, event: { ...PLACED, version: 1 } });
    expect(wrong.error?.field).toBe('event.version');
    expect(await (await fetch(sandbox.url)).text()).toContain('Install by itself');
  });
});
