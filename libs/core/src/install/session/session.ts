/** What the session cookie holds, sealed: which connections this browser may use. */
export interface Session {
  /** New at each install. */
  readonly id: string;
  /** The host's user that it was made for. */
  readonly user?: string;
  readonly connections: readonly { readonly id: string; readonly epoch: number }[];
  /** Epoch seconds. */
  readonly issuedAt: number;
  readonly seenAt: number;
}
