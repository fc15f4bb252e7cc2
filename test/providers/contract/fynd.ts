import type { ContractChoice, ContractHost, ContractSubject } from '@nest-flock/core/testing';
import { FyndApi, FyndModule } from '@nest-flock/fynd';
import { Sandbox } from '@nest-flock/sandbox';

/** The company's own connection, which goes on by itself; every launch also makes a user's. */
export const fynd: ContractSubject = {
  name: 'Fynd',
  capabilities: {
    needsPerson: true,
    rotates: true,
    tokenPerUse: false,
    refreshes: false,
    environments: ['default'],
  },
  start: async () => {
    const sandbox = await Sandbox.start({ providers: ['fynd'] });
    const { extension } = sandbox.fynd;
    const second = sandbox.fynd.registerExtension({ extensionUrl: 'http://localhost:3000/second' });
    const below = (app: ContractChoice['app']) => (app === undefined ? '' : `/${app}`);
    const of = (app: ContractChoice['app']) => (app === undefined ? extension : second);

    const connect = async (host: ContractHost, { app, account }: ContractChoice) => {
      const company = String(sandbox.fynd.companies[account]?.company_id);
      const browser = host.browser();
      const { location } = await browser.open(
        `${host.url}${below(app)}/fp/install?company_id=${company}&client_id=${of(app).client_id}`,
      );
      const page = await browser.open(sandbox.fynd.approve(location as string));
      if (page.status !== 303) throw new Error(`not connected: ${page.status}`);
      return { provider: 'fynd', app: app ?? 'fynd', account: company };
    };

    return {
      url: sandbox.fynd.url,
      secrets: [extension.client_secret, second.client_secret],
      tokenPath: /\/oauth\/(token|offline-token)$/,
      api: FyndApi,
      call: ({ account }) => ({
        path: `/service/platform/configuration/v1.0/company/${account}/application`,
      }),
      module: ({ baseUrl, hostUrl, app }) => {
        const extensionUrl = `${hostUrl}${below(app)}`;
        sandbox.fynd.setExtensionUrl(extensionUrl, of(app));
        return FyndModule.forRoot({
          ...(app !== undefined && { name: app }),
          clientId: of(app).client_id,
          clientSecret: of(app).client_secret,
          baseUrl,
          extensionUrl,
          scopes: [...of(app).scopes],
        });
      },
      connect,
      stop: () => sandbox.stop(),
    };
  },
};
