import { hash } from 'node:crypto';

/** Names a secret without giving it away: the first 16 hex digits of its SHA-256. */
export function fingerprint(secret: string): string {
  return hash('sha256', secret, 'hex').slice(0, 16);
}
