import { FlockError } from '../../foundation/errors/flock.error.js';
import type { RegisteredApp } from '../../provider/registered-app.js';

/** Why an attempt ended without a token, as recorded in the row. */
export type RenewalFailure =
  | 'unknown_outcome'
  | 'not_sent'
  | 'throttled'
  | 'refused'
  | 'credential_rejected'
  | 'credential_missing'
  | 'ip_not_allowed'
  | 'unreadable'
  | 'store_unavailable'
  | 'spending_stopped'
  | 'interrupted';

/** The error that a caller gets for a recorded failure. */
export function failureError(
  failure: RenewalFailure | (string & {}),
  app: RegisteredApp,
  retryAfterMs: number,
): FlockError {
  const retryAfterSeconds = Math.max(1, Math.ceil(retryAfterMs / 1_000));
  const { title } = app.definition;
  switch (failure) {
    case 'throttled':
      return new FlockError('provider_rate_limited', `${title} asks to slow down.`, {
        retryAfterSeconds,
      });
    case 'credential_rejected':
      return new FlockError(
        'app_credentials_rejected',
        `${title} rejects the client credential of the app "${app.name}". Put the right one in place; merchants need do nothing.`,
        { retryAfterSeconds },
      );
    case 'credential_missing':
      return new FlockError(
        'not_connected',
        `There is no credential for this account of ${title}: put it into the options of the app "${app.name}", or register it.`,
      );
    case 'ip_not_allowed':
      return new FlockError(
        'ip_not_allowed',
        `${title} does not accept calls from this address. Have the egress address put on its allow-list, or set the proxy that is on it.`,
        { retryAfterSeconds },
      );
    case 'unreadable':
      return new FlockError(
        'connection_unreadable',
        'The stored tokens cannot be opened with the keys in FLOCK_ENCRYPTION_KEYS.',
      );
    case 'store_unavailable':
      return new FlockError(
        'provider_unavailable',
        'The store of Nest Flock cannot be reached; no token is renewed until it can.',
        { retryAfterSeconds },
      );
    default:
      return new FlockError(
        'provider_unavailable',
        `${title} gave no usable answer to a token request (${failure}).`,
        { retryAfterSeconds },
      );
  }
}
