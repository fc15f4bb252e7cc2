import type { ContractSubject } from '@nest-flock/core/testing';
import { FluteApi, FluteModule } from '@nest-flock/flute';
import { Sandbox } from '@nest-flock/sandbox';

export const flute: ContractSubject = {
  name: 'Flute',
  capabilities: {
    needsPerson: false,
    rotates: true,
    tokenPerUse: false,
    refreshes: true,
    environments: ['sandbox', 'production'],
  },
  start: async () => {
    const sandbox = await Sandbox.start({ providers: ['flute'] });
    const { key, url } = sandbox.flute;
    const second = sandbox.flute.addKey({ clientId: 'second' });
    const merchant = sandbox.flute.addKey({ clientId: 'merchant' });
    return {
      url,
      secrets: [key, second, merchant].map(({ client_secret }) => client_secret),
      tokenPath: /\/oauth2\/token$/,
      api: FluteApi,
      call: () => ({ path: '/v2/transactions' }),
      module: ({ baseUrl, app }) => {
        const { client_id, client_secret } = app === undefined ? key : second;
        return FluteModule.forRoot({
          ...(app !== undefined && { name: app }),
          clientId: client_id,
          clientSecret: client_secret,
          sandboxTokenUrl: `${baseUrl}/sandbox/oauth2/token`,
          sandboxApiUrl: `${baseUrl}/sandbox`,
          productionTokenUrl: `${baseUrl}/production/oauth2/token`,
          productionApiUrl: `${baseUrl}/production`,
        });
      },
      connect: async (host, { app = 'flute', account, environment }) => {
        const place = { provider: 'flute', app, environment };
        if (account === 0) return { ...place, account: 'default' };
        return host.connections.register({
          ...place,
          account: 'merchant',
          clientId: merchant.client_id,
          clientSecret: merchant.client_secret,
        });
      },
      stop: () => sandbox.stop(),
    };
  },
};
