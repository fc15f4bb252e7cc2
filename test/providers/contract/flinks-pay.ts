import type { ContractSubject } from '@nest-flock/core/testing';
import { FlinksPayApi, FlinksPayModule } from '@nest-flock/flinks-pay';
import { Sandbox } from '@nest-flock/sandbox';

const CUSTOMERS = { usual: ['acorn', 'birch'], second: ['cedar', 'dogwood'] } as const;
/** The customers' names in each app: the same in both. */
const ACCOUNTS = ['first', 'other'] as const;

export const flinksPay: ContractSubject = {
  name: 'FlinksPay',
  capabilities: {
    needsPerson: false,
    rotates: false,
    tokenPerUse: true,
    refreshes: false,
    environments: ['default'],
  },
  start: async () => {
    const customers = Object.values(CUSTOMERS).flatMap((names) => names.map((name) => ({ name })));
    const sandbox = await Sandbox.start({ providers: ['flinks-pay'], flinksPay: { customers } });
    const passwords = new Map(
      sandbox.flinksPay.customers.map(({ name, password }) => [name, password]),
    );
    return {
      url: sandbox.flinksPay.url,
      secrets: [...passwords.values()],
      tokenPath: /\/api\/v1\/authorize$/,
      api: FlinksPayApi,
      // What a token is for: it starts one session.
      call: () => ({
        method: 'POST',
        once: true,
        path: '/api/v1/sessions/initiate',
        body: {
          amount: 10.5,
          customerName: 'Ada Byron',
          customerEmail: 'ada@example.com',
          referenceId: 'contract',
        },
      }),
      module: ({ baseUrl, app }) =>
        FlinksPayModule.forRoot({
          ...(app !== undefined && { name: app }),
          customers: CUSTOMERS[app ?? 'usual'].map((name, index) => ({
            account: ACCOUNTS[index] as string,
            baseUrl: `${baseUrl}/${name}`,
            username: `${name}-user`,
            password: passwords.get(name) as string,
          })),
        }),
      connect: async (_host, { app = 'flinks-pay', account }) => ({
        provider: 'flinks-pay',
        app,
        account: ACCOUNTS[account],
      }),
      stop: () => sandbox.stop(),
    };
  },
};
