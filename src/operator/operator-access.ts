import { FlockError } from '@nest-flock/core';

/**
 * Who may see the pages of whoever runs this host: bodies of deliveries hold what merchants and
 * buyers would not show to strangers, and the administration acts with the developer's key.
 */
export type OperatorAccess =
  /** Anybody on this machine: the sandbox has nobody's data. */
  | { readonly kind: 'open' }
  | { readonly kind: 'password'; readonly password: string }
  /** Nobody; the pages are not there. */
  | { readonly kind: 'closed' };

const SHORTEST = 12;
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

/** @throws FlockError `configuration_invalid` for a password that is easily guessed */
export function operatorAccess(
  environment: Readonly<Record<string, string | undefined>>,
  sandboxed: boolean,
): OperatorAccess {
  const { OPERATOR_PASSWORD: password, LISTEN_HOST: listenHost } = environment;
  if (password) {
    if (password.length >= SHORTEST) return { kind: 'password', password };
    throw new FlockError(
      'configuration_invalid',
      `OPERATOR_PASSWORD is not usable; expected at least ${SHORTEST} characters.`,
    );
  }
  const alone = !listenHost || LOOPBACK.includes(listenHost);
  return { kind: sandboxed && alone ? 'open' : 'closed' };
}
