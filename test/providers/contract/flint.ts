import type { ContractChoice, ContractHost, ContractSubject } from '@nest-flock/core/testing';
import { FlintApi, FlintModule } from '@nest-flock/flint';
import { Sandbox } from '@nest-flock/sandbox';

const MERCHANTS = ['mer_acorn', 'mer_birch'] as const;

export const flint: ContractSubject = {
  name: 'Flint',
  capabilities: {
    needsPerson: true,
    rotates: true,
    tokenPerUse: false,
    refreshes: false,
    environments: ['test', 'live'],
  },
  start: async () => {
    const sandbox = await Sandbox.start({ providers: ['flint'] });
    const { app, url } = sandbox.flint;
    const second = sandbox.flint.registerApp({ name: 'Second', redirect_uris: [] });
    const path = (name: ContractChoice['app']) => (name === undefined ? 'flint' : 'flint/second');

    const connect = async (host: ContractHost, choice: ContractChoice) => {
      const { account, environment } = choice;
      const merchant = MERCHANTS[account];
      const browser = host.browser();
      const start = await browser.open(
        `${host.url}/${path(choice.app)}/install?mode=${environment}`,
      );
      // The merchant approves at the sandbox itself, which the proxy stands in front of.
      const { search } = new URL(start.location as string);
      const back = sandbox.flint.approve(`${url}/v1/oauth/authorize${search}`, {
        merchant_id: merchant,
      });
      const page = await browser.open(back);
      if (page.status !== 303) throw new Error(`not connected: ${page.status}`);
      const { connections } = await host.connections.find({
        provider: 'flint',
        app: choice.app ?? 'flint',
        merchant,
        environment,
        status: 'active',
      });
      return (connections[0] as { id: string }).id;
    };

    return {
      url,
      secrets: [app.client_secret, second.client_secret],
      tokenPath: /\/v1\/oauth\/token$/,
      api: FlintApi,
      call: () => ({ path: '/v1/orders' }),
      module: ({ baseUrl, hostUrl, app: name }) => {
        const client = name === undefined ? app : second;
        const redirectUri = `${hostUrl}/${path(name)}/oauth/callback`;
        sandbox.flint.addRedirectUri(redirectUri, client);
        return FlintModule.forRoot({
          ...(name !== undefined && { name }),
          clientId: client.client_id,
          clientSecret: client.client_secret,
          baseUrl,
          redirectUri,
        });
      },
      connect,
      stop: () => sandbox.stop(),
    };
  },
};
