import { FlockError } from '../foundation/errors/flock.error.js';
import type { ProviderRegistry } from '../provider/provider.registry.js';
import type { CachedConnection } from './cached-connection.js';

/** @throws FlockError `connection_revoked`, `reauthorization_required`, `connection_unreadable` */
export function assertUsable(
  { connection, unreadable }: Pick<CachedConnection, 'connection' | 'unreadable'>,
  registry: ProviderRegistry,
): void {
  const { id, status, reason } = connection;
  const app = registry.find(connection.provider, connection.app);
  const title = app?.definition.title ?? connection.provider;
  const details = app?.connectDetails(app.place(connection)) ?? {};
  if (status === 'revoked') {
    throw new FlockError(
      'connection_revoked',
      `Connection ${id} to ${title} was withdrawn (${reason ?? 'revoked'}).`,
      details,
    );
  }
  if (status === 'reauthorization_required') {
    throw new FlockError(
      'reauthorization_required',
      `${title} asks the merchant of connection ${id} to connect again (${reason ?? 'refused'}).`,
      details,
    );
  }
  if (unreadable) {
    throw new FlockError(
      'connection_unreadable',
      `The stored tokens of connection ${id} cannot be opened with the keys in FLOCK_ENCRYPTION_KEYS.`,
    );
  }
}
