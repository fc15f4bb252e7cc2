/** All times in milliseconds. The defaults suit production; tests shorten them. */
export interface RenewalPolicy {
  /** One deadline over connect, headers and body of a token call. Default 10,000. */
  readonly httpTimeoutMs: number;
  /** Time to store a result before the claim lapses. Default 10,000. */
  readonly storeBudgetMs: number;
  /**
   * How long after a dead instance's claim nobody else sends the same token: its result may still
   * arrive from a rescue file. Default 120,000.
   */
  readonly rescueGraceMs: number;
  /** Longest that a caller waits for a renewal. Default 15,000. */
  readonly waitMs: number;
  /** Shortest time between two renewals of one connection. Default 5,000. */
  readonly minIntervalMs: number;
  /** An instance that has not seen the store for so long serves nothing. Default 60,000. */
  readonly maxBlindMs: number;
  /** First pause after a failure; doubles with full jitter up to `backoffCapMs`. Default 1,000. */
  readonly backoffBaseMs: number;
  /** Default 300,000. */
  readonly backoffCapMs: number;
  /** Unknown outcomes in a row at one token endpoint after which spending stops. Default 5. */
  readonly spendStopAfter: number;
  /** One probe per interval while stopped. Default 30,000. */
  readonly probeIntervalMs: number;
  /** `invalid_client` answers in a row after which a credential is not used. Default 2. */
  readonly credentialStopAfter: number;
  /**
   * Renewals that the scheduler of one process has under way at once, of each app and environment.
   * At 100 ms a call, 32 are 320 renewals a second. The transport sends at most 64 to one server.
   * Default 32.
   */
  readonly concurrency: number;
  /** Renew ahead of expiry only what is in use, or every connection. Default `used`. */
  readonly renew: 'used' | 'always';
}

export const RENEWAL_POLICY = Symbol('nest-flock:renewal-policy');

export const DEFAULT_RENEWAL_POLICY: RenewalPolicy = {
  httpTimeoutMs: 10_000,
  storeBudgetMs: 10_000,
  rescueGraceMs: 120_000,
  waitMs: 15_000,
  minIntervalMs: 5_000,
  maxBlindMs: 60_000,
  backoffBaseMs: 1_000,
  backoffCapMs: 300_000,
  spendStopAfter: 5,
  probeIntervalMs: 30_000,
  credentialStopAfter: 2,
  concurrency: 32,
  renew: 'used',
};

/** Life of a claim: one call and the time to store its result. */
export const leaseMs = (policy: RenewalPolicy): number =>
  policy.httpTimeoutMs + policy.storeBudgetMs;

/** Full jitter (AWS Architecture Blog, "Exponential Backoff and Jitter"), never below a tenth. */
export function backoffMs(policy: RenewalPolicy, failures: number): number {
  const ceiling = Math.min(policy.backoffCapMs, policy.backoffBaseMs * 2 ** Math.min(failures, 20));
  return Math.round(ceiling * (0.1 + 0.9 * Math.random()));
}
