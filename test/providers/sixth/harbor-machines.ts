import { defineProvider, variable } from '@nest-flock/core/provider';

/** The same server for machines: a credential each, some on a server of their own. */
const machines = defineProvider({
  provider: 'harbor-machines',
  title: 'Harbor for machines',
  variables: {
    clientId: variable.text({ env: 'CLIENT_ID' }),
    clientSecret: variable.secret({ env: 'CLIENT_SECRET' }),
    baseUrl: variable.url({ env: 'BASE_URL' }),
    serverHosts: variable.list({ env: 'SERVER_HOSTS', expected: 'host names', default: [] }),
  },
  grant: 'client_credentials',
  profile: { rotates: false },
  server: ({ baseUrl }) => baseUrl,
  endpoints: { token: '/token', revocation: '/token/revocation', api: '/api' },
  allowedHosts: ({ serverHosts }) => serverHosts,
  client: ({ clientId, clientSecret }) => ({ id: clientId, secret: clientSecret }),
});

export class HarborMachinesApi extends machines.Api {}
export class HarborMachinesModule extends machines.Module {
  static override readonly provides = [HarborMachinesApi];
}
