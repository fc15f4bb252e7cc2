import { createHmac } from 'node:crypto';

/** HMAC-SHA256 over text, as UTF-8. */
export function hmac(key: string | Buffer, message: string, encoding: 'hex' | 'base64'): string {
  return createHmac('sha256', key).update(message).digest(encoding);
}
