import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SignatureScheme } from '../provider/signature-scheme.js';
import type { SignedMessage } from './signed-message.js';

const DIGEST_BYTES = 32;
/** A secret that decodes to next to nothing, such as a bare `whsec_`, is known to everybody. */
const SHORTEST_KEY = 16;

export interface Signer {
  /** Of the secret that signed, newest first. */
  readonly index: number;
  /** The signature: the same for the same bytes under the same secret, whatever route they take. */
  readonly mac: string;
}

/**
 * The secret that signed the message. Every comparison takes the same time whatever the signature
 * is, over the very bytes that arrived.
 */
export function signerOf(message: SignedMessage, secrets: readonly string[]): Signer | undefined {
  let found: Signer | undefined;
  for (const [index, secret] of secrets.entries()) {
    const key = signingKey(message.scheme, secret);
    if (key === undefined) continue;
    const expected = signatureOf(message, key);
    for (const signature of message.signatures) {
      if (signature.length !== DIGEST_BYTES) continue;
      if (timingSafeEqual(signature, expected)) found ??= { index, mac: expected.toString('hex') };
    }
  }
  return found;
}

function signatureOf({ scheme, id, timestamp, body }: SignedMessage, key: Buffer): Buffer {
  const mac = createHmac('sha256', key);
  for (const [index, part] of scheme.signed.entries()) {
    if (index > 0) mac.update('.');
    if (part === 'body') mac.update(body);
    else mac.update((part === 'id' ? id : timestamp) ?? '');
  }
  return mac.digest();
}

/** The key that a secret stands for; `undefined` for one that is none. */
export function signingKey(
  { key }: Pick<SignatureScheme, 'key'>,
  secret: string,
): Buffer | undefined {
  if (key === 'text') return secret === '' ? undefined : Buffer.from(secret);
  const bytes = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return bytes.length < SHORTEST_KEY ? undefined : bytes;
}
