import { createHmac } from 'node:crypto';
import { Sandbox } from '../sandbox.js';
import { codeOf, FlintClient } from '../testing/flint-client.js';
import { opensslHmac } from '../testing/openssl.js';
import { WebhookReceiver, type Received } from '../testing/webhook-receiver.js';

/** The reference of the Standard Webhooks specification, written anew. */
function standardSignature(secret: string, { headers, body }: Received): string {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  expect(key).toHaveLength(32);
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  return `v1,${createHmac('sha256', key).update(Buffer.from(signed)).digest('base64')}`;
}
const json = (received: Received | undefined) =>
  JSON.parse(received?.body ?? '{}') as Record<string, unknown> & { data: Record<string, unknown> };

describe('the webhooks of Flint', () => {
  let sandbox: Sandbox;
  let client: FlintClient;
  let receiver: WebhookReceiver;
  const types = () => receiver.received.map((one) => json(one)['event_type']).sort();

  beforeEach(async () => {
    [sandbox, receiver] = await Promise.all([Sandbox.start(), WebhookReceiver.start()]);
    client = new FlintClient(sandbox);
  });
  afterEach(async () => {
    await sandbox.stop();
    await receiver.stop();
  });
  const lifecycle = (event_types?: string[]) =>
    sandbox.flint.addWebhook({ url: receiver.url, source_type: 'app', event_types });
  const order = { event_type: 'order.paid', merchant_id: 'mer_acorn', mode: 'test' } as const;

  it('are signed as Standard Webhooks', async () => {
    const { secret } = lifecycle();
    await client.install();
    const [first] = await receiver.count(2);
    if (!first) throw new Error('nothing came');
    expect(first.headers['webhook-signature']).toBe(standardSignature(secret, first));
    const age = Date.now() / 1000 - Number(first.headers['webhook-timestamp']);
    expect(Math.abs(age)).toBeLessThan(3);
    expect(first.headers['user-agent']).toBe('Flint-Webhooks/1.0');
    expect(json(first)['webhook_event_id']).toBe(first.headers['webhook-id']);
    expect(first.headers).not.toHaveProperty('x-flint-signature');
    expect(sandbox.flint.secretsSeen()).toContain(secret);
  });

  it('carry the older headers beside, or alone', async () => {
    const endpoint = lifecycle();
    sandbox.flint.settings.legacyHeaders = 'also';
    await sandbox.flint.webhooks.send(endpoint, { type: 'a.b', body: { ü: 1.5 } });
    sandbox.flint.settings.legacyHeaders = 'only';
    await sandbox.flint.webhooks.send(endpoint, { type: 'a.b', body: {} });
    const [also, only] = receiver.received;
    const [, t, mac] = /^t=(\d+),v1=([\da-f]{64})$/.exec(
      String(also?.headers['x-flint-signature']),
    ) as RegExpExecArray;
    expect(mac).toBe(opensslHmac(endpoint.secret, `${t}.${also?.body}`, 'hex'));
    expect(also?.headers).toHaveProperty('webhook-signature');
    expect(also?.headers['x-flint-event-type']).toBe('a.b');
    expect(only?.headers).toHaveProperty('x-flint-webhook-id');
    expect(only?.headers).not.toHaveProperty('webhook-id');
  });

  it('P86: are signed by the old secret along with the new one for a while, or as told', async () => {
    const endpoint = lifecycle();
    const { secret: old, webhook_id } = endpoint;
    const fresh = sandbox.flint.rotateWebhookSecret(webhook_id);
    expect(fresh).not.toBe(old);
    const signaturesOf = async (sign?: 'current' | 'previous' | 'wrong' | 'none' | 'both') => {
      await sandbox.flint.webhooks.send(endpoint, { type: 'a.b', body: {} }, { sign });
      const last = receiver.received.at(-1) as Received;
      const given = String(last.headers['webhook-signature'] ?? '');
      const [current, previous] = [fresh, old].map((each) => standardSignature(each, last));
      return given
        .split(' ')
        .map((each) => (each === current ? 'c' : each === previous ? 'p' : each && '?'));
    };
    expect(await signaturesOf()).toEqual(['c', 'p']);
    expect(await signaturesOf('current')).toEqual(['c']);
    expect(await signaturesOf('previous')).toEqual(['p']);
    expect(await signaturesOf('wrong')).toEqual(['?']);
    expect(await signaturesOf('none')).toEqual(['']);
    sandbox.flint.settings.webhookOverlapSeconds = 0;
    endpoint.overlapUntil = 0;
    expect(await signaturesOf()).toEqual(['c']);
    expect(await signaturesOf('both')).toEqual(['c', 'p']);
  });

  it('tell of the life of an install', async () => {
    lifecycle();
    sandbox.flint.settings.clockOffsetSeconds = 3600;
    const { body: installed } = await client.exchange(
      codeOf(sandbox.flint.approve(client.authorizeUrl())),
    );
    await receiver.count(2);
    expect(types()).toEqual([
      'partner_app.install.created',
      'partner_app.install.environment_grant.created',
    ]);
    const created = receiver.received.map(json).find((one) => one.data['mode'] !== undefined);
    expect(created).toMatchObject({
      partner_app_id: 'papp_sandbox',
      api_version: '2026-09-07',
      data: {
        environment_grant_id: installed.environment_grant_id,
        environment_id: 'test_acorn',
        mode: 'test',
        status: 'active',
        merchant_id: 'mer_acorn',
        partner_app_install_id: installed.partner_app_install_id,
        granted_scopes: ['commerce.orders.read', 'commerce.orders.write'],
      },
    });
    const ahead = Date.parse(String(created?.['created_at'])) - Date.now();
    expect(ahead).toBeGreaterThan(3_590_000);

    receiver.received.length = 0;
    await client.install({ permission_ids: 'manage_orders,read_customers' });
    await receiver.count(1);
    await client.install({ permission_ids: 'manage_orders,read_customers' });
    await receiver.count(2);
    expect(types()).toEqual([
      'partner_app.install.permissions_updated',
      'partner_app.install.updated',
    ]);

    receiver.received.length = 0;
    sandbox.flint.revokeInstall(installed.partner_app_install_id);
    sandbox.flint.revokeInstall(installed.partner_app_install_id);
    await receiver.count(2);
    await sandbox.flint.webhooks.settled();
    expect(types()).toEqual([
      'partner_app.install.environment_grant.revoked',
      'partner_app.install.revoked',
    ]);
  });

  it('go to an enabled endpoint of the app that wants them only', async () => {
    lifecycle(['partner_app.install.revoked']);
    sandbox.flint.addWebhook({ url: receiver.url, source_type: 'partner_app', enabled: false });
    const other = sandbox.flint.registerApp({ redirect_uris: ['http://localhost:1/cb'] });
    sandbox.flint.addWebhook({ url: receiver.url, source_type: 'app' }, other);
    const { partner_app_install_id } = sandbox.flint.issue();
    sandbox.flint.revokeInstall(partner_app_install_id);
    await receiver.count(1);
    await sandbox.flint.webhooks.settled();
    expect(types()).toEqual(['partner_app.install.revoked']);
  });

  it('forward a merchant event with the ids of the grant', async () => {
    const { environment_grant_id, partner_app_install_id } = sandbox.flint.issue();
    sandbox.flint.addWebhook({
      url: receiver.url,
      source_type: 'installed_merchants',
      event_types: ['order.paid'],
    });
    const [sent] = await sandbox.flint.emit({ ...order, data: { order_id: 'ord_1' } });
    expect(sent?.status).toBe('delivered');
    const ids = {
      source_type: 'installed_merchants',
      merchant_id: 'mer_acorn',
      mode: 'test',
      partner_app_install_id,
      environment_grant_id,
      environment_id: 'test_acorn',
    };
    const partner = json(receiver.received[0]);
    expect(Object.keys(partner)).toEqual([
      'webhook_event_id',
      'event_type',
      'partner_app_id',
      'api_version',
      'created_at',
      'data',
    ]);
    expect(partner.data).toEqual({ order_id: 'ord_1', ...ids });

    sandbox.flint.settings.envelope = 'merchant';
    await sandbox.flint.emit({ ...order, event_id: 'whev_mine' });
    expect(json(receiver.received[1])).toMatchObject({
      webhook_event_id: 'whev_mine',
      merchant_id: 'mer_acorn',
      mode: 'test',
      payload_version: 1,
      request: null,
      test: true,
      data: ids,
    });
    expect(json(receiver.received[1])).not.toHaveProperty('partner_app_id');
  });

  it('are suppressed without scope, subscription, mode or install, and say so', async () => {
    const event_types = [
      'order.paid',
      'payment_intent.succeeded',
      'customer.created',
      'dispute.won',
    ];
    const registration = { url: receiver.url, source_type: 'installed_merchants' } as const;
    const endpoint = sandbox.flint.addWebhook({ ...registration, event_types });
    const reasonOf = async (changes: object) =>
      (await sandbox.flint.emit({ ...order, ...changes }))[0]?.reason;
    expect(await reasonOf({})).toBe('mer_acorn has no active install in test.');
    const { environment_grant_id } = sandbox.flint.issue();
    expect(await reasonOf({})).toBeUndefined();
    expect(await reasonOf({ event_type: 'payment_intent.succeeded' })).toBe(
      'Missing scope: payments.payment_intents.read.',
    );
    expect(await reasonOf({ event_type: 'customer.created' })).toContain(
      'customers.customers.read',
    );
    expect(await reasonOf({ event_type: 'dispute.won' })).toContain('No scope is known');
    expect(await reasonOf({ event_type: 'order.closed' })).toContain('not subscribed');
    expect(await reasonOf({ mode: 'live' })).toContain('no active install in live');
    endpoint.mode = 'live';
    expect(await reasonOf({})).toContain('for live only');
    endpoint.mode = 'both';
    sandbox.flint.revokeGrant(environment_grant_id);
    expect(await reasonOf({})).toContain('no active install');
    expect(receiver.received).toHaveLength(1);
    const suppressed = sandbox.flint.webhooks.deliveries.filter(
      (one) => one.status === 'suppressed',
    );
    expect(suppressed).toHaveLength(8);
  });

  it('check what an endpoint is added with', () => {
    const add = (changes: object) => () =>
      sandbox.flint.addWebhook({ url: 'https://a.example/h', source_type: 'app', ...changes });
    expect(add({ url: 'http://a.example/h' })).toThrow('url');
    expect(add({ source_type: 'merchant' })).toThrow('source_type');
    expect(add({ source_type: 'installed_merchants' })).toThrow('event_types');
    expect(add({ event_types: ['order.paid'] })).toThrow('event_types[0]');
    expect(add({ mode: 'test' })).toThrow('mode');
    expect(add({ enable: true })).toThrow('enable');
  });

  it('are reached through control routes and shown on the home page', async () => {
    const call = async (method: string, path: string, body?: unknown) => {
      const response = await fetch(`${sandbox.url}/__sandbox/flint/${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return (await response.json()) as { data: Record<string, string>[]; error?: unknown };
    };
    sandbox.flint.issue();
    const registration = { url: receiver.url, source_type: 'installed_merchants' };
    await call('POST', 'webhooks', { ...registration, event_types: ['order.paid'] });
    const { data } = await call('POST', 'emit', { ...order, how: { copies: 2, sign: 'wrong' } });
    expect(receiver.received).toHaveLength(2);
    await call('POST', 'resend', { event_id: data[0]?.['event_id'] });
    await call('POST', 'replay', { delivery_id: data[0]?.['delivery_id'] });
    expect(receiver.received).toHaveLength(4);
    const listed = await call('GET', 'deliveries?after=1&limit=2');
    expect(listed).toMatchObject({ total: 4, next: 3 });
    const misspelt = await call('POST', 'emit', { ...order, how: { sing: 'none' } });
    expect(misspelt.error).toMatchObject({ field: 'how.sing' });
    const held = await call('POST', 'webhook-settings', { hold: true });
    expect(held).toMatchObject({ hold: true, timeoutMs: 10_000 });
    await call('POST', 'emit', order);
    await call('POST', 'release', { order: 'newest' });
    expect(receiver.received).toHaveLength(5);
    const page = await (await fetch(sandbox.url)).text();
    expect(page).toContain('Webhook deliveries');
    expect(page).toContain('Order event');
    const secrets = JSON.stringify(await call('GET', 'webhooks')) + page;
    for (const secret of sandbox.flint.secretsSeen()) expect(secrets).not.toContain(secret);
  });
});
