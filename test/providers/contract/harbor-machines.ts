import type { ContractSubject } from '@nest-flock/core/testing';
import { HarborMachinesApi, HarborMachinesModule } from '../sixth/harbor-machines.js';
import { machineClient, startOidcServer } from '../sixth/oidc-server.js';

/** The same server's client credentials. */
export const harborMachines: ContractSubject = {
  name: 'Harbor for machines, with oidc-provider',
  capabilities: {
    needsPerson: false,
    rotates: false,
    tokenPerUse: false,
    refreshes: false,
    environments: ['default'],
  },
  start: async (issuer) => {
    const clients = {
      usual: machineClient('usual'),
      second: machineClient('second'),
      merchant: machineClient('merchant'),
    };
    const server = await startOidcServer(Object.values(clients), issuer);
    return {
      url: server.url,
      secrets: Object.values(clients).map((client) => client.client_secret),
      tokenPath: /^\/token$/,
      api: HarborMachinesApi,
      call: () => ({ path: '/things' }),
      module: ({ baseUrl, app }) =>
        HarborMachinesModule.forRoot({
          ...(app !== undefined && { name: app }),
          clientId: clients[app ?? 'usual'].client_id,
          clientSecret: clients[app ?? 'usual'].client_secret,
          baseUrl,
        }),
      connect: async (host, { app = 'harbor-machines', account }) => {
        const place = { provider: 'harbor-machines', app };
        if (account === 0) return { ...place, account: 'default' };
        const { client_id: clientId, client_secret: clientSecret } = clients.merchant;
        return host.connections.register({ ...place, account: 'm', clientId, clientSecret });
      },
      stop: () => server.stop(),
    };
  },
};
