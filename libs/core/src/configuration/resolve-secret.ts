import { FlockError } from '../errors/flock.error.js';
import type { Secret } from './variable.js';

/**
 * The secret's present value.
 * @throws FlockError `app_credentials_rejected` when the host's resolver fails or yields nothing; its
 * own error is not passed on, because it may quote the secret.
 */
export async function resolveSecret(secret: Secret, name: string): Promise<string> {
  if (typeof secret === 'string') return secret;
  const value = await Promise.resolve()
    .then(secret)
    .catch(() => undefined);
  if (typeof value === 'string' && value !== '') return value;
  throw new FlockError(
    'app_credentials_rejected',
    `The resolver of ${name} gave no secret. It must return (a promise of) a text that is not empty.`,
  );
}
