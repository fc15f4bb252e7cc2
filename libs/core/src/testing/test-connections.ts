import type { CachedConnection } from '../connection/cached-connection.js';
import type { Connection } from '../provider/connection.js';
import { describeRef, idOf } from '../provider/connection-ref.js';
import type { ConnectionQuery, ConnectionRef } from '../provider/connection-ref.js';
import { assertUsable } from '../connection/assert-usable.js';
import type { ConnectionStatusService } from '../connection/connection-status.service.js';
import type { ConnectionFilter, ConnectionService } from '../lifecycle/connection.service.js';
import { FlockError } from '../foundation/errors/flock.error.js';
import type { ProviderRegistry } from '../provider/provider.registry.js';
import type { TokenService } from '../token/token.service.js';

/** A connection of a test: what is left out gets a plain default. */
export type TestConnection = Partial<Connection> & {
  readonly provider: string;
  /** What `getAccessToken` gives; default `test-token`. */
  readonly accessToken?: string;
};

/** The connections of a test, in memory; inject it to change them on the way. */
export class TestConnections {
  private readonly connections = new Map<string, Connection>();
  private readonly tokens = new Map<string, string>();

  constructor(given: readonly TestConnection[]) {
    for (const [index, connection] of given.entries()) this.set(connection, index);
  }

  /** Adds a connection, or replaces the one of the same id. */
  set({ accessToken, ...given }: TestConnection, index = this.connections.size): Connection {
    const connection: Connection = {
      id: `test-connection-${index + 1}`,
      app: given.provider,
      environment: 'test',
      account: `test-account-${index + 1}`,
      scopes: [],
      status: 'active',
      generation: 1,
      installedAt: new Date(0),
      ...given,
    };
    this.connections.set(connection.id, connection);
    this.tokens.set(connection.id, accessToken ?? 'test-token');
    return connection;
  }

  list(filter: ConnectionFilter = {}): Connection[] {
    const { after: _after, limit: _limit, ...wanted } = filter;
    return [...this.connections.values()].filter((connection) =>
      Object.entries(wanted).every(
        ([key, value]) => value === undefined || connection[key as keyof Connection] === value,
      ),
    );
  }

  apps(): { provider: string; name: string }[] {
    const all = new Map<string, { provider: string; name: string }>();
    for (const { provider, app } of this.connections.values()) {
      all.set(`${provider}/${app}`, { provider, name: app });
    }
    return [...all.values()];
  }

  /** @throws FlockError `not_connected`, `connection_ambiguous` */
  find(ref: ConnectionRef): Connection {
    const id = idOf(ref);
    const found =
      id === undefined
        ? this.list(ref as ConnectionQuery)
        : this.list().filter((connection) => connection.id === id);
    return single(found, describeRef(ref));
  }

  asTokenService(registry: ProviderRegistry): Pick<TokenService, 'getAccessToken' | 'peek'> {
    const token = (ref: ConnectionRef): string => {
      const connection = this.find(ref);
      assertUsable({ connection, unreadable: false }, registry);
      return this.tokens.get(connection.id) as string;
    };
    return { getAccessToken: async (ref) => token(ref), peek: (ref) => token(ref) };
  }

  asConnectionService(): Pick<ConnectionService, 'get' | 'only' | 'find' | 'disconnect'> {
    return {
      get: async (ref) => this.find(ref),
      only: async (provider, app) =>
        single(this.list({ provider, ...(app !== undefined && { app }) }), provider),
      find: async (filter) => ({ connections: this.list(filter) }),
      disconnect: async (ref) => {
        const connection = this.find(ref);
        this.connections.set(connection.id, {
          ...connection,
          status: 'revoked',
          reason: 'disconnected',
        });
      },
    };
  }

  /** What the guard asks. */
  asStatusService(registry: ProviderRegistry): ConnectionStatusService {
    const status: Pick<ConnectionStatusService, 'find' | 'assertUsable'> = {
      find: async (ref) => entryOf(this.find(ref)),
      assertUsable: (entry) => assertUsable(entry, registry),
    };
    return status as ConnectionStatusService;
  }
}

function single(found: readonly Connection[], what: string): Connection {
  const [first] = found;
  if (first === undefined) throw new FlockError('not_connected', `There is no ${what}.`);
  if (found.length === 1) return first;
  throw new FlockError('connection_ambiguous', `${found.length} connections match ${what}.`);
}

const entryOf = (connection: Connection): CachedConnection => ({
  connection,
  generation: connection.generation,
  tokenVersion: 1,
  sessionEpoch: 0,
  accessToken: 'test-token',
  unreadable: false,
  expiresAt: Infinity,
  usableUntil: Infinity,
  renewAt: Infinity,
  rereadAt: Infinity,
  freshUntil: Infinity,
  used: true,
  marked: false,
  slots: [],
  row: {
    id: connection.id,
    provider: connection.provider,
    app: connection.app,
    environment: connection.environment,
    generation: connection.generation,
    token_version: 1,
    expires_at: null,
    refreshed_at: null,
    account: connection.account,
    server_url: connection.serverUrl ?? null,
    failure: null,
    retryAt: 0,
    registered: false,
  },
});
