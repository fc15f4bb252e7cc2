import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SignatureScheme } from './signature-scheme.js';
import type { SignedMessage } from './signed-message.js';

const DIGEST_BYTES = 32;
/** A secret that decodes to next to nothing, such as a bare `whsec_`, is known to everybody. */
const SHORTEST_KEY = 16;

/**
 * The position of the secret that signed the message, newest first, or -1. Every comparison takes
 * the same time whatever the signature is, over the very bytes that arrived.
 */
export function signingSecret(message: SignedMessage, secrets: readonly string[]): number {
  let found = -1;
  for (const [index, secret] of secrets.entries()) {
    const key = signingKey(message.scheme, secret);
    if (key === undefined) continue;
    const expected = signatureOf(message, key);
    for (const signature of message.signatures) {
      if (signature.length !== DIGEST_BYTES) continue;
      if (timingSafeEqual(signature, expected) && found < 0) found = index;
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
  if (key === 'text') return secret === '' ? undefined : Buffer.from(secret, 'utf8');
  const bytes = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return bytes.length < SHORTEST_KEY ? undefined : bytes;
}
