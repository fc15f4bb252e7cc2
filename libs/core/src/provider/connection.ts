export type ConnectionStatus = 'active' | 'reauthorization_required' | 'revoked';

/** Why a connection left `active`. Open: a provider library may add its own. */
export type ConnectionReason =
  'invalid_grant' | 'rotation_lost' | 'disconnected' | 'superseded' | (string & {});

/** One (app, environment, account) and how it stands. Holds no token; safe to log. */
export interface Connection {
  readonly id: string;
  /** Such as `flint`. */
  readonly provider: string;
  /** Name of the registration; the provider's name unless the host has several. */
  readonly app: string;
  /** The provider's own word: Flint `test` or `live`. */
  readonly environment: string;
  /** Whose token it is, in the provider's id: Flint `environment_grant_id`. */
  readonly account: string;
  readonly merchant?: string;
  readonly install?: string;
  /** The host's own id of whom the connection belongs to. */
  readonly owner?: string;
  /** The account's own server, where it was registered with one. */
  readonly serverUrl?: string;
  /** What the merchant granted; an open set. */
  readonly scopes: readonly string[];
  readonly status: ConnectionStatus;
  readonly reason?: ConnectionReason;
  /** Grows with each new install of the same connection. */
  readonly generation: number;
  readonly installedAt: Date;
  /** When the present access token ends, by the database's clock; absent while there is none. */
  readonly expiresAt?: Date;
}
