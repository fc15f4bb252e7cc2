import { execFileSync } from 'node:child_process';

/** HMAC-SHA256 by OpenSSL, to check our own signatures against. */
export function opensslHmac(
  key: string | Buffer,
  message: string,
  encoding: 'hex' | 'base64',
): string {
  const hexKey = Buffer.from(key).toString('hex');
  const mac = ['-mac', 'HMAC', '-macopt', `hexkey:${hexKey}`];
  const digest = execFileSync('openssl', ['dgst', '-sha256', ...mac, '-binary'], {
    input: message,
  });
  return digest.toString(encoding);
}
