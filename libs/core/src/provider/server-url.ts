import { isIP } from 'node:net';
import { FlockError } from '../foundation/errors/flock.error.js';
import { withoutSlash } from '../foundation/configuration/variable.js';
import type { RegisteredApp } from './registered-app.js';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

export const isLoopback = (hostname: string): boolean => LOOPBACK.has(hostname);

/**
 * A server that somebody registered may not lead into our own network. A listed loopback server is
 * for development, where nothing is public.
 */
export const needsPublicAddress = (serverUrl: string): boolean =>
  !isLoopback(new URL(serverUrl).hostname);

/**
 * A server URL that somebody registers decides where a secret is sent, so it must name a host of the
 * provider's allow-list: https on its own port, no user name, no address in place of a name, an
 * exact or anchored match (ASVS 1.3.6). Loopback only where it is listed, outside production.
 * @returns the URL without a trailing slash
 * @throws FlockError `invalid_request`
 */
export function checkServerUrl(app: RegisteredApp, text: string): string {
  const { definition, options, name } = app;
  const hosts = definition.allowedHosts?.(options) ?? [];
  const refuse = (expected: string) =>
    new FlockError(
      'invalid_request',
      `The serverUrl of this account of ${definition.title} (app "${name}") is not usable: ${expected}.`,
    );
  if (hosts.length === 0) throw refuse('this provider takes none');
  if (typeof text !== 'string' || !URL.canParse(text) || text.length > 400)
    throw refuse('expected an absolute https URL');
  const url = new URL(text);
  // An empty query or fragment shows in the text alone.
  if (url.username !== '' || url.password !== '' || /[?#]/.test(text)) {
    throw refuse('expected no user name, query or fragment');
  }
  if (!hosts.some((host) => matches(url, host))) {
    throw refuse('its host is not on the allow-list of the app');
  }
  if (isLoopback(url.hostname)) {
    if (process.env.NODE_ENV === 'production') throw refuse('loopback is not for production');
  } else if (url.protocol !== 'https:' || url.port !== '') {
    throw refuse('expected https on its usual port');
  } else if (isAddress(url.hostname)) {
    throw refuse('expected a host name, not an address');
  }
  return withoutSlash(`${url.origin}${url.pathname}`);
}

/** `.suffix` covers every name below it; anything else is one host, with its port if it names one. */
function matches(url: URL, host: string): boolean {
  const wanted = host.toLowerCase();
  return wanted.startsWith('.')
    ? url.hostname.endsWith(wanted)
    : url.hostname === wanted || url.host === wanted;
}

const isAddress = (hostname: string): boolean =>
  isIP(hostname) !== 0 || hostname.startsWith('[') || /^[\d.]+$/.test(hostname);
