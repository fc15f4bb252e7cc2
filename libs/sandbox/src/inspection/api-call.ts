/** One call of a provider's resource API. */
export interface ApiCall {
  /** Milliseconds since 1970, when the request came in. */
  readonly at: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The caller's own `X-Request-Id`, or one that was made up. */
  readonly request_id: string;
  /** HTTP status; 0 when the connection was cut or the client left before an answer. */
  status: number;
  environment_grant_id?: string;
  /** Whose token it is, where that is no grant. */
  account?: string;
  merchant_id?: string;
  readonly idempotency_key?: string;
  /**
   * Whose token was sent, good or not: a grant, a company (with its user, if it is a person's), a
   * customer, or environment and client. Absent for a token that was never issued here.
   */
  token_of?: string;
  /** First 16 hex digits of the SHA-256 of the bearer token. */
  readonly authorization_fingerprint?: string;
  /** Kind of the fault that was played, if one was. */
  fault?: string;
}
