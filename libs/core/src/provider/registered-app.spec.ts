import type { ProviderDefinition } from './provider-definition.js';
import { RegisteredApp } from './registered-app.js';
import type { AppRoutes } from './registered-app.js';

const definition = {
  provider: 'acme',
  title: 'Acme',
  environments: ['test', 'live'],
  grant: 'client_credentials',
} as unknown as ProviderDefinition;

const appOf = (more: Partial<ProviderDefinition>, routes: AppRoutes = {}) =>
  new RegisteredApp({ ...definition, ...more }, 'main', {}, {}, routes);

describe('a registered app', () => {
  const redirect = (uri: string) => ({ redirectUri: () => uri });

  it('has its install route beside its callback, prefix included', () => {
    const routes = { install: '/acme/install', callback: '/acme/callback' };
    expect(appOf(redirect('https://a.example/v1/acme/callback'), routes).installUrl()).toBe(
      'https://a.example/v1/acme/install',
    );
  });

  it('has it at the root where the host has a callback of its own', () => {
    const own = { install: '/acme/install' };
    for (const routes of [own, { ...own, callback: '/acme/callback' }]) {
      expect(appOf(redirect('https://a.example/mine'), routes).installUrl()).toBe(
        'https://a.example/acme/install',
      );
    }
  });

  it('has none without a redirect URI or a route, and errors then say nothing of it', () => {
    expect(appOf({}, { install: '/acme/install' }).connectDetails()).toEqual({});
    expect(appOf(redirect('https://a.example/mine')).connectDetails()).toEqual({});
  });

  it('says where a credential belongs that is not there', async () => {
    const app = appOf({});
    expect(app.accounts).toEqual([]);
    expect(app.clientId('test')).toBe('');
    await expect(app.credential({ environment: 'test' })).rejects.toMatchObject({
      code: 'not_connected',
      message: expect.stringMatching(/Acme for the account "default" in test.*"main"/) as string,
    });
    await expect(app.credential({ environment: 'live', account: 'a1' })).rejects.toThrow(
      'the account "a1" in live',
    );
  });

  it('has the account "default" in the environments that its client is for', () => {
    const client = { id: 'i', secret: 's' };
    const app = appOf({
      client: ((_options: object, environment: string) =>
        environment === 'test' ? client : undefined) as never,
    });
    expect(app.accounts).toEqual([{ environment: 'test', account: 'default', ...client }]);
    expect(app.hasCredential({ environment: 'live', account: 'default' })).toBe(false);
  });
});
