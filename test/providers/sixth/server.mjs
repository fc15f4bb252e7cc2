// An OAuth 2.0 and OpenID Connect server that nobody here wrote: oidc-provider, over HTTP, in memory.
// Told by one line of JSON what it is: { issuer?, clients }. Says where it listens by a message.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

// Node 20 has none; the server compares redirect URIs with it.
URL.parse ??= (text, base) => (URL.canParse(text, base) ? new URL(text, base) : null);

const { issuer, clients } = JSON.parse(process.argv[2]);

const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer ?? url, {
  clients,
  scopes: ['openid', 'offline_access', 'things.read'],
  pkce: { required: () => true },
  rotateRefreshToken: true,
  ttl: { AccessToken: 900, ClientCredentials: 900, RefreshToken: 86_400 },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
  },
  interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
  findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  cookies: { keys: [randomBytes(18).toString('base64url')] },
});

/** Signs in and agrees in one step: `?login=alice`, or `?deny`. */
async function interact(request, response, query) {
  const { prompt, params, grantId } = await provider.interactionDetails(request, response);
  if (query.has('deny')) {
    return provider.interactionFinished(request, response, { error: 'access_denied' });
  }
  const accountId = query.get('login');
  if (prompt.name === 'login') {
    return provider.interactionFinished(request, response, { login: { accountId } });
  }
  const known = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  const grant = known ?? new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const consent = { grantId: await grant.save() };
  return provider.interactionFinished(
    request,
    response,
    { consent },
    { mergeWithLastSubmission: true },
  );
}

/** The API: whoever holds a live access token may see who it is of. */
async function things(request, response) {
  const bearer = (request.headers.authorization ?? '').replace(/^Bearer /, '');
  const token =
    (await provider.AccessToken.find(bearer)) ?? (await provider.ClientCredentials.find(bearer));
  response.writeHead(token === undefined ? 401 : 200, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify(token === undefined ? {} : { of: token.accountId ?? token.clientId }),
  );
}

const oidc = provider.callback();
server.on('request', (request, response) => {
  const { pathname, searchParams } = new URL(request.url, url);
  const failed = () => response.writeHead(500).end();
  if (pathname.startsWith('/interaction/')) interact(request, response, searchParams).catch(failed);
  else if (pathname === '/api/things') things(request, response).catch(failed);
  else oidc(request, response);
});

process.on('disconnect', () => process.exit());
process.send({ url });
