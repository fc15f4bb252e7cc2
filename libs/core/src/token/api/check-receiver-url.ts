import { FlockError } from '../../foundation/errors/flock.error.js';
import { isLoopback } from '../../provider/server-url.js';

/**
 * Where a provider is asked to send webhooks: https, or plain http to this machine outside of
 * production.
 * @returns the URL as it was given
 * @throws FlockError `invalid_request` that names the field; the value, which may hold a secret, is
 * not repeated
 */
export function checkReceiverUrl(url: unknown, field = 'url'): string {
  if (typeof url === 'string' && URL.canParse(url) && isReceiver(new URL(url))) return url;
  const local = process.env.NODE_ENV === 'production' ? '' : ' (plain http only for localhost)';
  throw new FlockError(
    'invalid_request',
    `"${field}" is not usable; expected an absolute https URL without user name or fragment${local}.`,
  );
}

function isReceiver({ protocol, hostname, username, password, hash }: URL): boolean {
  if (username !== '' || password !== '' || hash !== '') return false;
  if (protocol === 'https:') return true;
  return protocol === 'http:' && process.env.NODE_ENV !== 'production' && isLoopback(hostname);
}
