import { FlockError } from '../errors/flock.error.js';
import { within } from '../time/within.js';
import type { Secret } from './variable.js';

/** A vault that hangs must not hold up everything behind it. */
export const RESOLVER_DEADLINE_MS = 5_000;

/**
 * The secret's present value.
 * @throws FlockError `app_credentials_rejected` when the host's resolver fails or yields nothing; its
 * own error is not passed on, because it may quote the secret.
 */
export async function resolveSecret(secret: Secret, name: string): Promise<string> {
  if (typeof secret === 'string') return secret;
  const asked = Promise.resolve().then(secret);
  const value = await within(RESOLVER_DEADLINE_MS, asked, () => undefined).catch(() => undefined);
  if (typeof value === 'string' && value !== '') return value;
  throw new FlockError(
    'app_credentials_rejected',
    `The resolver of ${name} gave no secret. It must return (a promise of) a text that is not empty, within 5 s.`,
  );
}
