import type { ContractSubject } from '@nest-flock/core/testing';
import { FlexPayApi, FlexPayModule } from '@nest-flock/flex-pay';
import { Sandbox } from '@nest-flock/sandbox';

const ENVIRONMENTS = ['pre-production', 'production'] as const;
const MERCHANTS = { usual: ['acorn', 'birch'], second: ['cedar', 'dogwood'] } as const;
/** The merchants' names in each app: the same in both. */
const ACCOUNTS = ['first', 'other'] as const;

export const flexPay: ContractSubject = {
  name: 'Flex Pay',
  capabilities: {
    needsPerson: false,
    rotates: false,
    tokenPerUse: false,
    refreshes: false,
    environments: ENVIRONMENTS,
  },
  start: async () => {
    // The first merchant is there from the start.
    const clients = ENVIRONMENTS.flatMap((environment) =>
      ['birch', 'cedar', 'dogwood'].map((merchant) => ({ merchant, environment })),
    );
    const sandbox = await Sandbox.start({ providers: ['flex-pay'], flexPay: { clients } });
    return {
      url: sandbox.flexPay.url,
      secrets: sandbox.flexPay.clients.map(({ clientSecret }) => clientSecret),
      tokenPath: /\/api\/auth\/v1\/oauth\/token$/,
      api: FlexPayApi,
      call: () => ({
        method: 'POST',
        once: true,
        path: '/api/flexpay/v1/marketing/offers',
        body: { integrationId: 'contract', orders: [] },
      }),
      module: ({ baseUrl, app }) =>
        FlexPayModule.forRoot({
          ...(app !== undefined && { name: app }),
          preProductionUrl: `${baseUrl}/pre-production`,
          productionUrl: `${baseUrl}/production`,
          merchants: ENVIRONMENTS.flatMap((environment) =>
            MERCHANTS[app ?? 'usual'].map((merchant, index) => {
              const { clientId, clientSecret } = sandbox.flexPay.client(merchant, environment);
              return { account: ACCOUNTS[index] as string, environment, clientId, clientSecret };
            }),
          ),
        }),
      connect: async (_host, { app = 'flex-pay', account, environment }) => ({
        provider: 'flex-pay',
        app,
        environment,
        account: ACCOUNTS[account],
      }),
      stop: () => sandbox.stop(),
    };
  },
};
