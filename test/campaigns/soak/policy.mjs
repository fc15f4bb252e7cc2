/** Short times; the protocol is the same. A claim outlasts the pauses of a busy machine. */
export const REFRESH = {
  httpTimeoutMs: 2_000,
  storeBudgetMs: 2_000,
  rescueGraceMs: 1_000,
  waitMs: 8_000,
  minIntervalMs: 500,
  backoffBaseMs: 100,
  backoffCapMs: 1_500,
  spendStopAfter: 8,
  probeIntervalMs: 1_000,
};
export const DELIVERIES = { leaseMs: 12_000, retryBaseMs: 50, retryCapMs: 500 };

/** The life of a claim: who stands still for longer may find that another has gone on. */
export const CLAIM_MS = REFRESH.httpTimeoutMs + REFRESH.storeBudgetMs;
/** After so long somebody else has. */
export const TAKEOVER_MS = CLAIM_MS + REFRESH.rescueGraceMs;
/** Somebody who sends has had the claim for less. */
export const UNSENT_MS = REFRESH.storeBudgetMs;
