import { defineProvider, readIdToken, variable } from '@nest-flock/core/provider';

const harbor = defineProvider({
  provider: 'harbor',
  title: 'Harbor',
  // Options of HarborModule.forRoot(), or HARBOR_CLIENT_ID and so on.
  variables: {
    clientId: variable.text({ env: 'CLIENT_ID' }),
    clientSecret: variable.secret({ env: 'CLIENT_SECRET' }),
    redirectUri: variable.url({ env: 'REDIRECT_URI' }),
    issuer: variable.url({ env: 'ISSUER', default: 'https://login.harbor.example' }),
  },
  grant: 'authorization_code',
  // Refresh tokens rotate; a second use of one ends the whole grant.
  profile: { grace: { kind: 'none' }, reuseDetection: true },
  server: ({ issuer }) => issuer,
  endpoints: { authorize: '/auth', token: '/token', revocation: '/token/revocation', api: '/api' },
  client: ({ clientId, clientSecret }) => ({ id: clientId, secret: clientSecret }),
  redirectUri: ({ redirectUri }) => redirectUri,
  install: {
    pkce: true,
    issuer: ({ issuer }) => issuer,
    request: () => ({
      environment: 'default',
      parameters: { scope: 'openid offline_access things.read', prompt: 'consent' },
    }),
    account: (answer, { options: { issuer, clientId } }) => {
      const claims = readIdToken(answer, { issuer, audience: clientId });
      return claims && { account: claims.sub };
    },
  },
});

export class HarborGuard extends harbor.Guard {}
export class HarborApi extends harbor.Api {}
export class HarborModule extends harbor.Module {
  static override readonly provides = [HarborGuard, HarborApi];
}
