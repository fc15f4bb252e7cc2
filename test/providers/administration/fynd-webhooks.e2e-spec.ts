import { Module } from '@nestjs/common';
import type { Connection } from '@nest-flock/core';
import { FyndWebhooks } from '@nest-flock/fynd';
import type { FyndWebhookInput } from '@nest-flock/fynd';
import { inspect } from 'node:util';
import { startFyndSuite } from '../fynd/fynd-suite.js';
import type { FyndSuite } from '../fynd/fynd-suite.js';
import { sqliteDatabase } from '../../support/databases.js';
import { failureOf } from '../../support/poll.js';
import { startStub } from './stub-server.js';
import type { StubAnswer, StubCall, StubServer } from './stub-server.js';

const WANTED: FyndWebhookInput = {
  url: 'https://ext.example/fp/webhooks',
  notificationEmail: 'ops@ext.example',
  events: [
    { category: 'company', name: 'product', type: 'create', version: '1' },
    { category: 'application', name: 'order', type: 'placed', version: 2 },
  ],
};
const named = (slug: string) => {
  const [event_category, event_name, event_type, version = ''] = slug.split('/');
  return { event_category, event_name, event_type, version: version.slice(1) };
};
const SLUGS = ['company/product/create/v1', 'application/order/placed/v2'];

/** The suite keeps its app to itself. */
@Module({})
class Capture {
  static webhooks: FyndWebhooks;

  constructor(webhooks: FyndWebhooks) {
    Capture.webhooks = webhooks;
  }
}

describe('the webhook subscriber of an extension in Fynd', () => {
  let front: StubServer;
  let suite: FyndSuite;
  let webhooks: FyndWebhooks;
  let connection: Connection;
  let secret: string;
  const calls: StubCall[] = [];
  /** Versions of the subscriber route that there are. */
  let versions: string[];
  let subscribers: unknown[];

  /** What Fynd has when everything is as wanted. */
  const current = (change: object = {}) => ({
    id: 77,
    name: 'api-key',
    provider: 'rest',
    webhook_url: WANTED.url,
    email_id: WANTED.notificationEmail,
    status: 'active',
    association: { company_id: 1, application_id: [], criteria: 'ALL' },
    auth_meta: { type: 'hmac', secret },
    event_configs: SLUGS.map((slug) => ({ id: 1, ...named(slug) })),
    ...change,
  });
  const writes = () =>
    calls
      .filter(({ method, path }) => method !== 'GET' && path.includes('/subscriber'))
      .map(({ method, path }) => `${method} ${/v\d\.0/.exec(path)?.[0]}`);
  const platform = (call: StubCall): StubAnswer => {
    calls.push(call);
    if (call.path.endsWith('/query-event-details')) {
      const event_configs = SLUGS.map((slug, index) => ({ id: index + 10, ...named(slug) }));
      return { status: 200, body: { event_configs } };
    }
    if (call.method === 'GET') return { status: 200, body: { items: subscribers } };
    const known = versions.some((version) => call.path.includes(`/${version}/`));
    return known ? { status: 200, body: {} } : { status: 404, body: { message: 'no route' } };
  };

  beforeAll(async () => {
    // Before the sandbox, which has no webhooks: it gets everything else.
    front = await startStub(async (call) => {
      if (call.path.includes('/webhook/')) return platform(call);
      const query = call.query.toString();
      const { authorization } = call.headers;
      const answer = await fetch(`${suite.sandbox.fynd.url}${call.path}?${query}`, {
        method: call.method,
        redirect: 'manual',
        ...(call.text !== '' && { body: call.text }),
        headers: {
          'content-type': call.headers['content-type'] ?? 'text/plain',
          ...(authorization !== undefined && { authorization }),
        },
      });
      return { status: answer.status, body: await answer.json() };
    });
    suite = await startFyndSuite(sqliteDatabase, {
      fynd: { baseUrl: front.url },
      imports: () => [Capture],
    });
    const { page } = await suite.launch();
    expect(page.status).toBe(303);
    connection = await suite.company();
    secret = suite.sandbox.fynd.extension.client_secret;
    webhooks = Capture.webhooks;
  });
  afterAll(async () => {
    await suite.stop();
    await front.stop();
  });
  beforeEach(() => {
    calls.length = 0;
    versions = ['v1.0', 'v2.0', 'v3.0'];
    subscribers = [];
  });

  it('P68: a subscriber that is as it should be is left alone', async () => {
    subscribers = [current()];
    expect(await webhooks.sync(connection, WANTED)).toEqual({
      changed: false,
      created: false,
      added: [],
      removed: [],
      altered: [],
      settings: [],
    });
    expect(writes()).toEqual([]);
    const { client_id } = suite.sandbox.fynd.extension;
    expect(calls[0]?.path).toBe(
      `/service/platform/webhook/v1.0/company/${connection.account}/extension/${client_id}/subscriber`,
    );
  });

  it('P68: the first one is made by one call', async () => {
    const done = await webhooks.sync(connection, WANTED);
    expect(done).toEqual({
      changed: true,
      created: true,
      version: 'v3.0',
      added: SLUGS,
      removed: [],
      altered: [],
      settings: [],
    });
    expect(writes()).toEqual(['PUT v3.0']);
    const { client_id } = suite.sandbox.fynd.extension;
    expect(calls.at(-1)?.body).toEqual({
      webhook_config: {
        notification_email: 'ops@ext.example',
        name: client_id,
        association: { extension_id: client_id, application_id: [], criteria: 'ALL' },
        status: 'active',
        event_map: {
          rest: {
            webhook_url: WANTED.url,
            auth_meta: { type: 'hmac', secret },
            events: SLUGS.map(named),
          },
        },
      },
    });
    expect(JSON.stringify(done) + inspect(done)).not.toContain(secret);
  });

  it.each<[string, object, Partial<FyndWebhookInput>]>([
    ['url', { webhook_url: 'https://old.example' }, {}],
    ['notificationEmail', { email_id: 'old@ext.example' }, {}],
    ['enabled', { status: 'blocked' }, {}],
    ['enabled', {}, { enabled: false }],
    ['applicationIds', {}, { applicationIds: ['app_1'] }],
    ['applicationIds', { association: { criteria: 'SPECIFIC-EVENTS' } }, {}],
    ['secret', { auth_meta: { type: 'hmac', secret: 'older' } }, {}],
    ['secret', { auth_meta: null }, {}],
  ])('P68: a difference in %s is written: %j %j', async (setting, change, wanted) => {
    subscribers = [current(change)];
    const done = await webhooks.sync(connection, { ...WANTED, ...wanted });
    expect(done).toMatchObject({ changed: true, created: false, settings: [setting] });
    expect(writes()).toEqual(['PUT v3.0']);
  });

  it.each<[string, object, Partial<FyndWebhookInput>]>([
    ['a secret that Fynd keeps to itself', { type: 'hmac' }, {}],
    ['filters that are none', { type: 'hmac' }, { events: WANTED.events }],
  ])('%s is no difference', async (_what, auth_meta, wanted) => {
    const mapping = { subscriber_event_mapping: { filters: {}, reducer: null } };
    const event_configs = SLUGS.map((slug) => ({ ...named(slug), ...mapping }));
    subscribers = [current({ auth_meta, event_configs })];
    expect((await webhooks.sync(connection, { ...WANTED, ...wanted })).changed).toBe(false);
  });

  it('P68: events that are missing, that are too many, and that are altered', async () => {
    const [product, order] = WANTED.events as [
      FyndWebhookInput['events'][0],
      FyndWebhookInput['events'][0],
    ];
    subscribers = [
      current({
        event_configs: [named(SLUGS[0] as string), named('company/brand/update/v1')],
      }),
    ];
    const filters = { query: '$.brand', condition: '(brand) => true' };
    const done = await webhooks.sync(connection, {
      ...WANTED,
      events: [{ ...product, filters }, order],
    });
    expect(done).toMatchObject({
      added: [SLUGS[1]],
      removed: ['company/brand/update/v1'],
      altered: [SLUGS[0]],
    });
    expect(JSON.stringify(calls.at(-1)?.body)).toContain('$.brand');
  });

  it('P68: an event whose reducer is another is altered', async () => {
    subscribers = [current()];
    const [product, order] = WANTED.events as [
      FyndWebhookInput['events'][0],
      FyndWebhookInput['events'][0],
    ];
    const reducer = { name: '$.product.name' };
    const done = await webhooks.sync(connection, {
      ...WANTED,
      events: [{ ...product, reducer }, order],
    });
    expect(done).toMatchObject({ changed: true, added: [], removed: [], altered: [SLUGS[0]] });
    expect(JSON.stringify(calls.at(-1)?.body)).toContain('$.product.name');
  });

  it('P68: an older cluster: v2.0 by 404, with the subscriber’s id', async () => {
    versions = ['v1.0', 'v2.0'];
    subscribers = [current({ status: 'inactive' })];
    expect((await webhooks.sync(connection, WANTED)).version).toBe('v2.0');
    expect(writes()).toEqual(['PUT v3.0', 'PUT v2.0']);
    expect(calls.at(-1)?.body).toMatchObject({
      id: 77,
      provider: 'rest',
      webhook_url: WANTED.url,
      association: { company_id: connection.account, criteria: 'ALL' },
      auth_meta: { type: 'hmac', secret },
      events: SLUGS.map((slug) => ({ slug })),
    });
  });

  it('P68: the oldest: v1.0 by 404, with the numbers of the events', async () => {
    versions = ['v1.0'];
    expect((await webhooks.sync(connection, WANTED)).version).toBe('v1.0');
    expect(writes()).toEqual(['PUT v3.0', 'POST v2.0', 'POST v1.0']);
    expect(calls.at(-1)?.body).toMatchObject({ event_id: [10, 11] });
    expect(calls.at(-1)?.body).not.toHaveProperty('events');
    const events = [{ category: 'no', name: 'such', type: 'event', version: 1 }];
    const error = await failureOf(webhooks.sync(connection, { ...WANTED, events }));
    expect(error.code).toBe('invalid_request');
    expect(error.message).toContain('no/such/event/v1');
  });

  it('P68: subscribers of other kinds are not put at risk by an upsert of everything', async () => {
    subscribers = [{ id: 5, provider: 'kafka', event_configs: [] }];
    expect((await webhooks.sync(connection, WANTED)).version).toBe('v2.0');
    expect(writes()).toEqual(['POST v2.0']);
  });

  it.each([400, 401, 403, 404, 500, 503])(
    'a write that is answered %i is an error without the secret',
    async (status) => {
      const before = front.answer;
      front.answer = async (call) => {
        if (!call.path.includes('/webhook/') || call.method === 'GET') return before(call);
        return { status, body: { message: call.text, error: call.text } };
      };
      const error = await failureOf(webhooks.sync(connection, WANTED));
      front.answer = before;
      expect(error.name).toBe('FlockError');
      const printed = inspect(error, { depth: 9, showHidden: true });
      expect(error.message).not.toContain(secret);
      expect(printed + JSON.stringify(error)).not.toContain(secret);
    },
  );

  it.each<[string, unknown]>([
    ['HTML', '<html>'],
    ['no list', { items: 'none' }],
    ['a list of texts', { items: ['one'] }],
  ])('subscribers as %s: provider_unavailable, and nothing is written', async (_what, body) => {
    const before = front.answer;
    front.answer = async (call) =>
      call.path.includes('/webhook/') ? { status: 200, body } : before(call);
    const error = await failureOf(webhooks.sync(connection, WANTED));
    front.answer = before;
    expect(error.code).toBe('provider_unavailable');
    expect(writes()).toEqual([]);
  });

  it.each<[string, Partial<FyndWebhookInput>]>([
    ['url', { url: 'http://ext.example' }],
    ['events', { events: [] }],
    ['events', { events: [...WANTED.events, ...WANTED.events] }],
    [
      'events[0].name',
      { events: [{ category: 'company', name: 'a/b', type: 'create', version: 1 }] },
    ],
    ['notificationEmail', { notificationEmail: 'nobody' }],
    ['applicationIds', { applicationIds: [] }],
  ])('a wrong %s is refused before anything is sent', async (field, change) => {
    const error = await failureOf(webhooks.sync(connection, { ...WANTED, ...change }));
    expect(error.code).toBe('invalid_request');
    expect(error.message).toContain(`"${field}"`);
    expect(calls).toEqual([]);
  });
});
