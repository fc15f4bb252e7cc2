import { ConnectionService, WebhookSecrets } from '@nest-flock/core';
import { ProviderRegistry } from '@nest-flock/core/provider';
import type { Connection } from '@nest-flock/core';
import type { INestApplication } from '@nestjs/common';
import { FluteModule, FluteWebhooks } from '@nest-flock/flute';
import { inspect } from 'node:util';
import { sqliteDatabase } from '../../support/databases.js';
import type { TestDatabase } from '../../support/databases.js';
import { NoisyLogger } from '../../support/noisy-logger.js';
import { failureOf } from '../../support/poll.js';
import { startApp } from '../../support/start-app.js';
import { startStub } from './stub-server.js';
import type { StubAnswer, StubCall, StubServer } from './stub-server.js';

const SECRET = 'flute-hmac-secret-0123456789';
const HOOK = { url: 'https://acme.example/flute/webhooks/sandbox.default', name: 'Acme' };
const EVENTS = ['transaction.card.captured', 'settlement.batch.completed'];
const NEWER = {
  endpointId: 'ep-1',
  webhookName: 'Acme',
  endpointUrl: HOOK.url,
  endpointStatus: 'Active',
  eventTypes: EVENTS,
};
const OLDER = {
  id: 'ep-1',
  name: 'Acme',
  endpointUrl: HOOK.url,
  status: 'Active',
  eventTypes: EVENTS,
};
const READ = {
  endpointId: 'ep-1',
  name: 'Acme',
  url: HOOK.url,
  status: 'Active',
  eventTypes: EVENTS,
};

describe('webhook endpoints of Flute', () => {
  let stub: StubServer;
  let database: TestDatabase;
  let app: INestApplication;
  let connection: Connection;
  let webhooks: FluteWebhooks;
  const logger = new NoisyLogger();
  /** Calls of the API. */
  const calls: StubCall[] = [];
  const answer = (respond: (call: StubCall) => StubAnswer) => {
    stub.answer = (call) => {
      if (call.path === '/token') {
        return { status: 200, body: { access_token: 'flute-token', token_type: 'Bearer' } };
      }
      calls.push(call);
      return respond(call);
    };
  };
  const secrets = (tenant: string) =>
    app.get(WebhookSecrets).of(app.get(ProviderRegistry).get('flute'), tenant);

  beforeAll(async () => {
    stub = await startStub(() => ({ status: 501 }));
    answer(() => ({ status: 501 }));
    database = await sqliteDatabase();
    app = await startApp({
      port: 0,
      database,
      logger,
      imports: [
        FluteModule.forRoot({
          clientId: 'id',
          clientSecret: 'secret',
          environments: ['sandbox'],
          sandboxTokenUrl: `${stub.url}/token`,
          sandboxApiUrl: stub.url,
        }),
      ],
    });
    webhooks = app.get(FluteWebhooks);
    connection = await app.get(ConnectionService).get({
      provider: 'flute',
      environment: 'sandbox',
      account: 'default',
    });
  });
  afterAll(async () => {
    await app.close();
    await stub.stop();
    await database.drop();
  });
  beforeEach(() => void (calls.length = 0));

  it.each<[string, object, object, object]>([
    ['after the renaming', {}, { webhookName: 'Acme' }, { ...NEWER, hmacSecret: SECRET }],
    ['before it', { nameField: 'name' }, { name: 'Acme' }, { ...OLDER, secret: SECRET }],
  ])('P72: creates one as Flute calls its fields %s', async (_when, input, sent, body) => {
    answer(() => ({ status: 200, body }));
    const created = await webhooks.create(connection, { ...HOOK, eventTypes: EVENTS, ...input });
    expect(created).toMatchObject({ ...READ, stored: true, tenant: 'sandbox.default' });
    expect(calls[0]).toMatchObject({ method: 'POST', path: '/v2/webhooks/endpoints' });
    expect(calls[0]?.body).toEqual({ ...sent, endpointUrl: HOOK.url, eventTypes: EVENTS });
    expect(created.secret?.reveal()).toBe(SECRET);
    expect(inspect(created, { depth: 9 }) + JSON.stringify(created)).not.toContain(SECRET);
    expect(await secrets('sandbox.default')).toContain(SECRET);
    expect(await secrets('production.default')).toEqual([]);
    await app.get(WebhookSecrets).clear({ provider: 'flute', tenant: 'sandbox.default' });
  });

  it('P72: the secrets of other endpoints go on unless this one replaces them', async () => {
    const tenant = 'sandbox.default';
    for (const secret of [`${SECRET}-1`, `${SECRET}-2`]) {
      answer(() => ({ status: 200, body: { ...NEWER, hmacSecret: secret } }));
      await webhooks.create(connection, HOOK);
    }
    expect(await secrets(tenant)).toEqual([`${SECRET}-2`, `${SECRET}-1`]);
    const [first] = await database.sql(
      'SELECT expires_at FROM flock_webhook_secret WHERE expires_at IS NOT NULL',
    );
    expect(Number(first?.expires_at)).toBeGreaterThan(Date.now() + 5 * 365 * 86_400_000);
    answer(() => ({ status: 200, body: { ...NEWER, hmacSecret: `${SECRET}-3` } }));
    await webhooks.create(connection, { ...HOOK, overlapSeconds: 0 });
    expect(await secrets(tenant)).toEqual([`${SECRET}-3`]);
    await app.get(WebhookSecrets).clear({ provider: 'flute', tenant });
  });

  it('P72: without a secret in the answer, or with store: false, none is kept', async () => {
    answer(() => ({ status: 200, body: NEWER }));
    const without = await webhooks.create(connection, HOOK);
    expect(without.stored).toBe(false);
    expect(without.secret).toBeUndefined();
    expect(logger.lines.join('\n')).toContain('not stored (tenant sandbox.default)');
    answer(() => ({ status: 200, body: { ...NEWER, hmacSecret: SECRET } }));
    const unkept = await webhooks.create(connection, { ...HOOK, store: false });
    expect(unkept.stored).toBe(false);
    expect(await secrets('sandbox.default')).toEqual([]);
  });

  it('a creation without an id in its answer has probably happened', async () => {
    answer(() => ({ status: 200, body: { hmacSecret: SECRET } }));
    const error = await failureOf(webhooks.create(connection, HOOK));
    expect(error).toMatchObject({ code: 'outcome_unknown', retryable: false });
    expect(inspect(error, { depth: 9 })).not.toContain(SECRET);
  });

  it.each([
    ['url', { url: 'http://acme.example' }],
    ['name', { name: ' ' }],
    ['eventTypes', { eventTypes: [] }],
    ['nameField', { nameField: 'label' as 'name' }],
    ['overlapSeconds', { overlapSeconds: -1 }],
  ])('a wrong %s is refused before anything is sent', async (field, change) => {
    const error = await failureOf(webhooks.create(connection, { ...HOOK, ...change }));
    expect(error.code).toBe('invalid_request');
    expect(error.message).toContain(`"${field}"`);
    expect(calls).toEqual([]);
  });

  it('P72: lists all pages, in both forms, and the unpaged list of before', async () => {
    const item = (index: number) => ({ ...NEWER, endpointId: `ep-${index}` });
    answer(({ query }) => {
      const pageIndex = Number(query.get('pageIndex') ?? 0);
      const pageInfo = { pageIndex, pageSize: 1, totalItems: 3, hasMore: pageIndex < 2 };
      return { status: 200, body: { items: [item(pageIndex)], pageInfo } };
    });
    const ids = async () => (await webhooks.list(connection)).map(({ endpointId }) => endpointId);
    expect(await ids()).toEqual(['ep-0', 'ep-1', 'ep-2']);
    answer(() => ({ status: 200, body: { items: [OLDER], total: 1 } }));
    expect(await webhooks.list(connection)).toEqual([READ]);
    answer(() => ({ status: 200, body: { data: [OLDER, { ...OLDER, id: 'ep-2' }] } }));
    expect(await ids()).toEqual(['ep-1', 'ep-2']);
    answer(() => ({ status: 200, body: { items: [{ name: 'no id' }], total: 1 } }));
    expect((await failureOf(ids())).code).toBe('provider_unavailable');
  });

  it('pings, and tells how the receiver answered', async () => {
    answer(() => ({
      status: 200,
      body: { success: true, statusCode: 204, durationMs: 42, errorMessage: null },
    }));
    const ping = await webhooks.ping(connection, 'ep-1');
    expect(ping).toEqual({ success: true, statusCode: 204, durationMs: 42 });
    expect(calls[0]).toMatchObject({ method: 'POST', path: '/v2/webhooks/endpoints/ep-1/ping' });
  });

  it('deletes', async () => {
    answer(() => ({ status: 204 }));
    await webhooks.delete(connection, 'ep-1');
    expect(calls[0]).toMatchObject({ method: 'DELETE', path: '/v2/webhooks/endpoints/ep-1' });
    for (const id of ['', '..', 'a/b']) {
      expect((await failureOf(webhooks.delete(connection, id))).code).toBe('invalid_request');
    }
    expect(calls).toHaveLength(1);
  });

  it('no line of the log holds a secret', () => {
    expect(logger.lines.join('\n')).not.toContain(SECRET);
  });
});
