/** How a token call ended. */
export type TokenCallOutcome =
  /** Not over yet. */
  | 'in_flight'
  /** A token pair went out whole, perhaps with fields changed by a fault. */
  | 'issued'
  /** The request was wrong and was told so. */
  | 'refused'
  /** A fault answered something else. */
  | 'faulted'
  /** The connection was cut, or the client left before the answer was out. */
  | 'dropped';

/** One call of a token route. */
export interface TokenCall {
  /** Counts from 1 since the last reset. */
  readonly id: number;
  /** Milliseconds since 1970, with fractions. */
  readonly startedAt: number;
  /** Absent while it is in flight. */
  endedAt?: number;
  grant_type?: string;
  /** Without the provider's mount and the query, where a provider has several token routes. */
  path?: string;
  /** Of the code, where a renewal repeats it. */
  code_fingerprint?: string;
  client_id?: string;
  merchant_id?: string;
  environment_grant_id?: string;
  /** Whose token it is, where that is no grant. */
  account?: string;
  /** First 16 hex digits of the SHA-256 of the code or refresh token that was presented. */
  token_fingerprint?: string;
  outcome: TokenCallOutcome;
  /** HTTP status; absent when none was sent. */
  status?: number;
  /** The OAuth error, when refused. */
  error?: string;
  /** Kind of the fault that was played, if one was. */
  fault?: string;
  /** Whether tokens were issued (and a refresh token replaced), whatever the client saw of it. */
  committed: boolean;
  /** Whether a whole answer went out. */
  answered: boolean;
  /** Whether a replaced refresh token, out of its grace, was presented. */
  reuse: boolean;
  /** Whether another call with the same refresh token was in flight at the same time. */
  overlap: boolean;
}
