/** What an attempt carries through the flow, sealed in its row. */
export interface AttemptContext {
  /** A path on the host's own origin. */
  readonly returnTo: string;
  /** The environment and parameters that the merchant was sent with. */
  readonly parameters: Readonly<Record<string, string>>;
  /** What the provider said before the merchant approved. */
  readonly account?: string;
  /** RFC 7636: proves at the exchange that it is this attempt's. */
  readonly verifier?: string;
  /** RFC 9207: who must have answered. */
  readonly issuer?: string;
  /** Of the install route, where the flow may have to be opened once more. */
  readonly query?: string;
  /** Begun anew because the callback of the one before came without its cookie. */
  readonly restarted?: boolean;
  /** The host's own, from `identify`. */
  readonly host?: unknown;
}

export interface AuthorizationRequestRow {
  /** SHA-256 of the state. */
  readonly id: string;
  readonly provider: string;
  readonly app: string;
  readonly environment: string;
  readonly binding_hash: string;
  readonly host_user: string | null;
  readonly owner: string | null;
  readonly context: Buffer;
  readonly expires_at: number;
  readonly consumed_at: number | null;
  readonly outcome: string | null;
  readonly db_now: number;
}
