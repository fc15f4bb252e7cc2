import { Module } from '@nestjs/common';
import { FluteWebhooks } from '@nest-flock/flute';
import { FyndWebhooks } from '@nest-flock/fynd';
import type { FyndWebhookInput } from '@nest-flock/fynd';
import { at, startFlute } from '../flute/world.js';
import { startFyndSuite } from '../fynd/fynd-suite.js';
import { sqliteDatabase } from '../../support/databases.js';

/** The suite keeps its app to itself. */
@Module({})
class Capture {
  static webhooks: FyndWebhooks;

  constructor(webhooks: FyndWebhooks) {
    Capture.webhooks = webhooks;
  }
}

describe('webhooks set up at the emulated providers', () => {
  it.each(['newer', 'older'] as const)('Flute, with its %s fields', async (fields) => {
    const world = await startFlute(sqliteDatabase);
    world.flute.settings.webhookFields = fields;
    const webhooks = world.host.app.get(FluteWebhooks);
    const connection = await world.connections.get(at('sandbox'));
    const input = {
      url: `${world.host.url}/flute/webhooks/${webhooks.tenantOf(connection)}`,
      urlField: 'url',
      nameField: fields === 'newer' ? 'webhookName' : 'name',
    } as const;
    const one = await webhooks.create(connection, { ...input, name: 'One' });
    const two = await webhooks.create(connection, { ...input, name: 'Two' });
    expect(one).toMatchObject({ name: 'One', url: input.url, stored: true });
    const listed = await webhooks.list(connection);
    expect(listed.map(({ endpointId }) => endpointId)).toEqual([one.endpointId, two.endpointId]);
    await webhooks.ping(connection, one.endpointId);
    await webhooks.delete(connection, one.endpointId);
    expect(await webhooks.list(connection)).toHaveLength(1);
    await world.stop();
  });

  it.each(['v3.0', 'v2.0', 'v1.0'] as const)('Fynd, a cluster with %s', async (version) => {
    const suite = await startFyndSuite(sqliteDatabase, { imports: () => [Capture] });
    suite.sandbox.fynd.settings.subscriberVersion = version;
    expect((await suite.launch()).page.status).toBe(303);
    const connection = await suite.company();
    const wanted: FyndWebhookInput = {
      url: `${suite.url}/fp/webhooks`,
      notificationEmail: 'ops@ext.example',
      events: [{ category: 'company', name: 'product', type: 'create', version: 1 }],
    };
    const sync = (change: Partial<FyndWebhookInput> = {}) =>
      Capture.webhooks.sync(connection, { ...wanted, ...change });
    expect(await sync()).toMatchObject({ changed: true, created: true, version });
    expect(await sync()).toMatchObject({ changed: false });
    const events = [{ category: 'company', name: 'brand', type: 'update', version: 1 }];
    expect(await sync({ events })).toMatchObject({
      version,
      added: ['company/brand/update/v1'],
      removed: ['company/product/create/v1'],
      settings: [],
    });
    expect(await sync({ events })).toMatchObject({ changed: false });
    expect(await sync({ events, enabled: false })).toMatchObject({ settings: ['enabled'] });
    expect(await sync({ events, enabled: false })).toMatchObject({ changed: false });
    expect(suite.sandbox.fynd.violations).toEqual([]);
    await suite.stop();
  });
});
