import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 bits from the CSPRNG, base64url (RFC 6749 10.10 asks for 128, better 160). */
export const randomToken = (): string => randomBytes(32).toString('base64url');

/** What the store keeps instead of the value. */
export const hashToken = (token: string): string =>
  createHash('sha256').update(token).digest('hex');

/** Constant time, over digests of equal length (ASVS 11.2.4). */
export function equalDigests(a: string, b: string): boolean {
  const left = Buffer.from(a, 'hex');
  const right = Buffer.from(b, 'hex');
  return left.length === right.length && timingSafeEqual(left, right);
}
