/** An open set at the provider; only these two mean something here. */
export type RemoteStatus = 'active' | 'revoked' | (string & {});

export interface RemoteGrant {
  /** As the connection's account. */
  readonly account: string;
  readonly status: RemoteStatus;
}

/** An install as the provider shows it. */
export interface RemoteInstall {
  /** As the connection's `install`. */
  readonly install: string;
  readonly status: RemoteStatus;
  readonly grants: readonly RemoteGrant[];
}

/** What a provider library offers so that its installs can be compared; see `Reconciliation`. */
export interface ReconcileSource {
  readonly provider: string;
  readonly app: string;
  /** Between two passes. */
  readonly everySeconds: number;
  /** A page of all installs. */
  list(after?: string): Promise<{ installs: readonly RemoteInstall[]; next?: string }>;
  /**
   * One install by its id; `undefined` only when the provider itself says that there is none.
   * Everything else that is no install is an error.
   */
  read(install: string): Promise<RemoteInstall | undefined>;
  /** Resolves when the app itself can be read, so that a missing install is not a missing app. */
  assertReadable(): Promise<void>;
}
