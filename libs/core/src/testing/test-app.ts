import type { Variables } from '../foundation/configuration/variable.js';
import type { ResolvedConnections } from '../provider/app-hooks.js';
import type { ProviderDefinition } from '../provider/provider-definition.js';
import { CAUTIOUS_PROFILE } from '../provider/provider-profile.js';
import { RegisteredApp } from '../provider/registered-app.js';

const API = 'https://provider.test';

/** An app of any provider, whose guard finds the test's connections. */
export function testApp(
  provider: string,
  name: string,
  resolve: (place: { provider: string; app: string; environment?: string }) => ResolvedConnections,
): RegisteredApp {
  const definition: ProviderDefinition<Variables> = {
    provider,
    title: provider,
    variables: {},
    environments: ['default'],
    grant: 'authorization_code',
    profile: CAUTIOUS_PROFILE,
    endpoints: () => ({ token: `${API}/token`, api: API }),
    client: () => ({ id: 'test', secret: 'test' }),
    dialect: () => ({ clientAuthentication: 'basic', encoding: 'form' }),
  };
  return new RegisteredApp(
    definition,
    name,
    {},
    { resolveConnection: (_request, place) => resolve(place) },
    {},
  );
}
