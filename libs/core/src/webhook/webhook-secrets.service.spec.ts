import type { RegisteredApp } from '../provider/registered-app.js';
import { WebhookSecrets } from './webhook-secrets.service.js';

describe('the secrets of webhooks', () => {
  let reads: number;
  let inStore: { id: string; secret: string }[];
  const sealing = {
    open: (_place: unknown, sealed: string) => {
      if (sealed === 'of an unknown key') throw new Error('unknown_key');
      return sealed;
    },
  };
  const secretsOf = (known?: RegisteredApp) =>
    new WebhookSecrets(
      {
        read: () => {
          reads += 1;
          return Promise.resolve(inStore);
        },
      } as never,
      sealing as never,
      { get: () => known } as never,
      {} as never,
    );
  const appOf = (hooks: RegisteredApp['hooks']) =>
    ({
      provider: 'acme',
      name: 'main',
      options: {},
      hooks,
      definition: { title: 'Acme', webhooks: { secrets: () => ['configured'] } },
    }) as unknown as RegisteredApp;

  beforeEach(() => {
    reads = 0;
    inStore = [];
  });

  it('are those in the store that open, of the hook, and of the configuration', async () => {
    inStore = [
      { id: '1', secret: 'of an unknown key' },
      { id: '2', secret: 'stored' },
    ];
    const asked: unknown[] = [];
    const app = appOf({
      webhookSecrets: (of) => {
        asked.push(of);
        return Promise.resolve(['hooked']);
      },
    });
    const secrets = secretsOf();
    expect(new Set(await secrets.of(app, undefined))).toEqual(
      new Set(['stored', 'hooked', 'configured']),
    );
    await secrets.of(app, 't1');
    expect(asked).toEqual([
      { provider: 'acme', app: 'main' },
      { provider: 'acme', app: 'main', tenant: 't1' },
    ]);
  });

  it('of a tenant are its own, and never those of the app', async () => {
    const app = appOf({});
    const { webhooks } = app.definition;
    expect(await secretsOf().of(app, 't1')).toEqual([]);
    const tenantSecrets = (_options: object, tenant: string) => [`of ${tenant}`];
    const definition = { ...app.definition, webhooks: { ...webhooks, tenantSecrets } };
    const withTenants = { ...app, definition } as unknown as RegisteredApp;
    expect(await secretsOf().of(withTenants, 't1')).toEqual(['of t1']);
    expect(await secretsOf().of(withTenants, undefined)).toEqual(['configured']);
  });

  it.each([
    ['is no list', () => Promise.resolve('canary' as never)],
    ['is nothing', () => Promise.resolve(undefined as never)],
    ['holds what is no text', () => Promise.resolve([7, null] as never)],
    ['fails', () => Promise.reject(new Error('canary'))],
  ])('are the others where what the hook gives %s', async (_what, webhookSecrets) => {
    expect(await secretsOf().of(appOf({ webhookSecrets }), undefined)).toEqual(['configured']);
  });

  it('are none, and none can be added, where the provider has no webhooks', async () => {
    const none = { ...appOf({}), definition: { title: 'Acme' } } as unknown as RegisteredApp;
    const secrets = secretsOf(none);
    expect(await secrets.of(none, undefined)).toEqual([]);
    await expect(secrets.add({ provider: 'acme' }, 'any')).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  it('are remembered of 10,000 tenants, and the oldest is asked for again', async () => {
    const secrets = secretsOf();
    const app = appOf({});
    const clock = jest.spyOn(performance, 'now').mockReturnValue(0);
    try {
      for (let tenant = 0; tenant < 10_001; tenant += 1) await secrets.of(app, String(tenant));
      expect(reads).toBe(10_001);
      await secrets.of(app, '10000');
      await secrets.of(app, '1');
      expect(reads).toBe(10_001);
      await secrets.of(app, '0');
      expect(reads).toBe(10_002);
    } finally {
      clock.mockRestore();
    }
  });
});
