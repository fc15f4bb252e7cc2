import 'reflect-metadata';
import { Injectable, Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { variable } from '../foundation/configuration/variable.js';
import { CAUTIOUS_PROFILE } from '../provider/provider-profile.js';
import { ProviderRegistry } from '../provider/provider.registry.js';
import { RegisteredApp } from '../provider/registered-app.js';
import { WebhookSecrets } from '../webhook/webhook-secrets.service.js';
import { defineProvider } from './define-provider.js';
import { secretNotStored } from './provider-handle.js';

const shop = defineProvider({
  provider: 'shop',
  title: 'Shop',
  variables: {
    clientId: variable.text({ env: 'CLIENT_ID' }),
    pages: variable.number({ env: 'PAGES', min: 1, max: 9, default: 2 }),
  },
  environments: ['default'],
  grant: 'client_credentials',
  profile: CAUTIOUS_PROFILE,
  endpoints: () => ({ token: 'https://shop.example/token', api: 'https://shop.example' }),
  client: ({ clientId }) => ({ id: clientId, secret: 's' }),
  dialect: () => ({ clientAuthentication: 'basic', encoding: 'form' }),
});

class ShopHandle extends shop.Handle {}

@Injectable()
class Pages {
  constructor(readonly shop: ShopHandle) {}

  count(app?: string): number {
    return this.shop.app(app).options.pages;
  }
}

class ShopModule extends shop.Module {
  static override readonly provides = [ShopHandle, Pages];
}

async function pagesOf(registry: ProviderRegistry): Promise<Pages> {
  const providers = [{ provide: ProviderRegistry, useValue: registry }, ShopHandle, Pages];
  const module = await Test.createTestingModule({ providers }).compile();
  return module.get(Pages);
}

const appOf = (name: string, pages: number): RegisteredApp => {
  const app: unknown = new RegisteredApp(shop.definition, name, { clientId: 'c', pages }, {}, {});
  return app as RegisteredApp;
};

describe('the handle on the apps of a provider', () => {
  it('gives the only one, or the one that is named, with the types of its options', async () => {
    const registry = new ProviderRegistry();
    registry.add(appOf('shop', 2));
    const pages = await pagesOf(registry);
    expect(pages.count()).toBe(2);
    registry.add(appOf('eu', 3));
    expect(pages.count('eu')).toBe(3);
    expect(() => pages.count()).toThrow('several apps');
    expect(pages.shop.apps().map(({ options }) => options.pages)).toEqual([2, 3]);
  });

  it('names the variable that a setting is read from', async () => {
    const registry = new ProviderRegistry();
    registry.add(appOf('shop', 2));
    registry.add(appOf('north-east', 3));
    const { shop: handle } = await pagesOf(registry);
    expect(handle.app('shop').variable('clientId')).toBe('SHOP_CLIENT_ID');
    expect(handle.app('north-east').variable('pages')).toBe('SHOP_NORTH_EAST_PAGES');
  });

  it('keeps the secret of a webhook, or warns that it has not; it never throws', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const add = jest.fn((_of: object, secret: string) =>
      secret === 'whsec_1' ? Promise.resolve() : Promise.reject(new Error(`no ${secret}`)),
    );
    const module = await Test.createTestingModule({
      providers: [
        { provide: ProviderRegistry, useValue: new ProviderRegistry() },
        { provide: WebhookSecrets, useValue: { add } },
        ShopHandle,
      ],
    }).compile();
    const handle = module.get(ShopHandle);
    const of = { app: 'eu', tenant: 't' };
    expect(await handle.keepSecret(of, 'whsec_1', { overlapSeconds: 5 })).toBe(true);
    expect(add).toHaveBeenLastCalledWith({ ...of, provider: 'shop' }, 'whsec_1', {
      overlapSeconds: 5,
    });
    expect(warn).not.toHaveBeenCalled();
    expect(await handle.keepSecret(of, 'whsec_2')).toBe(false);
    expect(await handle.keepSecret({ app: 'eu' }, undefined)).toBe(false);
    expect(add).toHaveBeenCalledTimes(2);
    expect(warn.mock.calls).toEqual([
      [`Shop (app "eu"): ${secretNotStored('t')}`],
      [`Shop (app "eu"): ${secretNotStored()}`],
    ]);
    warn.mockRestore();
  });

  it('says what is missing where the core is', async () => {
    const module = Test.createTestingModule({ imports: [ShopModule.forRoot({ clientId: 'c' })] });
    await expect(module.compile()).rejects.toMatchObject({
      code: 'configuration_invalid',
      message: 'Shop needs the core: add FlockModule.forRoot() to the imports of your root module.',
    });
  });
});
