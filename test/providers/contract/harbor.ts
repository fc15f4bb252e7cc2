import type { ContractSubject } from '@nest-flock/core/testing';
import { approve } from '../sixth/approve.js';
import { HarborApi, HarborModule } from '../sixth/harbor.js';
import { installedClient, startOidcServer } from '../sixth/oidc-server.js';

const PEOPLE = ['alice', 'bob'] as const;

/** The sixth, against a server of other people. Both apps see the same accounts. */
export const harbor: ContractSubject = {
  name: 'Harbor, the example of the guide, with oidc-provider',
  capabilities: {
    needsPerson: true,
    rotates: true,
    tokenPerUse: false,
    refreshes: false,
    environments: ['default'],
  },
  start: async (issuer) => {
    const clients = {
      harbor: installedClient('harbor', '/harbor/oauth/callback'),
      second: installedClient('second', '/harbor/second/oauth/callback'),
    };
    const server = await startOidcServer(Object.values(clients), issuer);
    return {
      url: server.url,
      secrets: Object.values(clients).map((client) => client.client_secret),
      tokenPath: /^\/token$/,
      api: HarborApi,
      call: () => ({ path: '/things' }),
      module: ({ hostUrl, app }) => {
        const { client_id, client_secret } = clients[app ?? 'harbor'];
        return HarborModule.forRoot({
          ...(app !== undefined && { name: app }),
          clientId: client_id,
          clientSecret: client_secret,
          issuer,
          redirectUri: `${hostUrl}/harbor${app === undefined ? '' : `/${app}`}/oauth/callback`,
        });
      },
      connect: async (host, { app, account }) => {
        const browser = host.browser();
        const path = app === undefined ? 'harbor' : `harbor/${app}`;
        const { location } = await browser.open(`${host.url}/${path}/install`);
        const person = PEOPLE[account];
        const page = await browser.open(await approve(browser, location as string, person));
        if (page.status !== 303) throw new Error(`not connected: ${page.status}`);
        return { provider: 'harbor', app: app ?? 'harbor', account: person };
      },
      stop: () => server.stop(),
    };
  },
};
