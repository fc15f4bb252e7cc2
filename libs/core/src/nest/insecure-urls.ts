import type { Variables } from '../foundation/configuration/variable.js';
import type { ProviderPlace } from '../provider/provider-place.js';
import type { RegisteredApp } from '../provider/registered-app.js';
import { isLoopback } from '../provider/server-url.js';

/** Tokens and codes travel over https (RFC 6750 5.3); plain http is for loopback, outside production. */
export function insecureUrls<V extends Variables>(app: RegisteredApp<V>): string[] {
  const urls = [
    ...app.definition.environments.map((environment) => ({ environment })),
    ...app.accounts.map((account) => app.place(account)),
  ].flatMap((place) => endpointsOf(app, place));
  const all = new Set([...urls, app.redirectUri].filter((url) => url !== undefined));
  return [...all]
    .filter((url) => !isAllowed(url))
    .map((url) => {
      const { origin } = new URL(url);
      return `${origin} is plain http; expected https${process.env.NODE_ENV === 'production' ? '' : ' (plain http only for localhost)'}`;
    });
}

/** Where every account has a server of its own, an environment has none. */
function endpointsOf<V extends Variables>(app: RegisteredApp<V>, place: ProviderPlace) {
  try {
    const { token, api, authorize, revocation } = app.endpoints(place);
    return [token, api, authorize, revocation];
  } catch {
    return [];
  }
}

function isAllowed(text: string): boolean {
  const url = new URL(text);
  if (url.protocol === 'https:') return true;
  return process.env.NODE_ENV !== 'production' && isLoopback(url.hostname);
}
