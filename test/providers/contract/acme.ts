import type { ContractSubject } from '@nest-flock/core/testing';
import { randomBytes } from 'node:crypto';
import { AcmeApi, AcmeModule } from '../../support/acme.js';
import { startAcmeServer } from './acme-server.js';

/** Client credentials: one in the options of each app, and one for each further merchant. */
export const acme: ContractSubject = {
  name: 'Acme, a provider of a host app with client credentials',
  capabilities: {
    needsPerson: false,
    rotates: false,
    tokenPerUse: false,
    refreshes: false,
    environments: ['sandbox', 'production'],
  },
  start: async () => {
    const clients = new Map(
      ['acme', 'second', 'merchant'].map((id) => [id, randomBytes(18).toString('base64url')]),
    );
    const secret = (id: string) => clients.get(id) as string;
    const server = await startAcmeServer(clients);
    return {
      url: server.url,
      secrets: [...clients.values()],
      tokenPath: /^\/[^/]+\/token$/,
      api: AcmeApi,
      call: () => ({ path: '/things' }),
      module: ({ baseUrl, app }) =>
        AcmeModule.forRoot({
          ...(app !== undefined && { name: app }),
          clientId: app ?? 'acme',
          clientSecret: secret(app ?? 'acme'),
          baseUrl,
        }),
      connect: async (host, { app = 'acme', account, environment }) => {
        const place = { provider: 'acme', app, environment };
        if (account === 0) return { ...place, account: 'default' };
        return host.connections.register({
          ...place,
          account: 'merchant',
          clientId: 'merchant',
          clientSecret: secret('merchant'),
        });
      },
      stop: () => server.stop(),
    };
  },
};
