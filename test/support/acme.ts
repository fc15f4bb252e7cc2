import { CAUTIOUS_PROFILE, defineProvider, variable } from '@nest-flock/core/provider';

const ENVIRONMENTS = ['sandbox', 'production'];

/** A sixth provider, as a host would write it: credentials per merchant, JSON, body authentication. */
const acme = defineProvider({
  provider: 'acme',
  title: 'Acme',
  variables: {
    clientId: variable.text({ env: 'CLIENT_ID' }),
    clientSecret: variable.secret({ env: 'CLIENT_SECRET' }),
    baseUrl: variable.url({ env: 'BASE_URL' }),
    /** Further accounts; each has a credential of its own, made of its name. */
    branches: variable.list({ env: 'BRANCHES', expected: 'names of accounts', default: [] }),
  },
  environments: ENVIRONMENTS,
  grant: 'client_credentials',
  profile: { ...CAUTIOUS_PROFILE, rotates: false },
  endpoints: ({ baseUrl }, { environment }) => ({
    token: `${baseUrl}/${environment}/token`,
    api: `${baseUrl}/${environment}`,
  }),
  accounts: ({ clientId, clientSecret, branches }) =>
    ENVIRONMENTS.flatMap((environment) => [
      { environment, account: 'default', id: clientId, secret: clientSecret },
      ...branches.map((account) => ({ environment, account, id: account, secret: account })),
    ]),
  dialect: () => ({ clientAuthentication: 'body', encoding: 'json' }),
  obtain: () => ({ scope: 'everything' }),
});

export class AcmeGuard extends acme.Guard {}
export class AcmeApi extends acme.Api {}
export class AcmeModule extends acme.Module {
  static override readonly provides = [AcmeGuard, AcmeApi];
}
