import type { Variables } from '../configuration/variable.js';
import type { RegisteredApp } from './registered-app.js';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Tokens and codes travel over https (RFC 6750 5.3); plain http is for loopback, outside production. */
export function insecureUrls<V extends Variables>(app: RegisteredApp<V>): string[] {
  const urls = app.definition.environments.flatMap((environment) => {
    const { token, api, authorize } = app.endpoints(environment);
    return [token, api, authorize];
  });
  const all = new Set([...urls, app.redirectUri].filter((url) => url !== undefined));
  return [...all]
    .filter((url) => !isAllowed(url))
    .map((url) => {
      const { origin } = new URL(url);
      return `${origin} is plain http; expected https${process.env.NODE_ENV === 'production' ? '' : ' (plain http only for localhost)'}`;
    });
}

function isAllowed(text: string): boolean {
  const url = new URL(text);
  if (url.protocol === 'https:') return true;
  return process.env.NODE_ENV !== 'production' && LOOPBACK.has(url.hostname);
}
