/** Something a correct client would not do. */
export interface Violation {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** A fixed name, e.g. `rotated_refresh_token_reused`. */
  readonly rule: string;
  /** What happened, in words; never a secret. */
  readonly detail: string;
}
