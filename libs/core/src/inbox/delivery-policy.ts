/** All times in milliseconds. The defaults suit production; tests shorten them. */
export interface DeliveryPolicy {
  /** Handlers that run at once in this process. Default 16. */
  readonly concurrency: number;
  /** A handler that has not ended by then counts as failed. Default 300,000. */
  readonly handlerTimeoutMs: number;
  /** Times that a delivery is taken up before it becomes a dead letter. Default 12. */
  readonly maxAttempts: number;
  /** Pause after the first failure; doubles up to `retryCapMs`. Default 5,000. */
  readonly retryBaseMs: number;
  /** Default 3,600,000: twelve attempts then take one and a quarter to two and a half hours. */
  readonly retryCapMs: number;
  /** Life of a claim, extended while handlers run. Default 60,000. */
  readonly leaseMs: number;
  /** Finished deliveries are kept for so long, and duplicates recognised. Default 30 days. */
  readonly retentionMs: number;
  /** Dead letters are kept for so long. Default 90 days. */
  readonly deadRetentionMs: number;
  /** Largest body of a webhook, in bytes. Default 262,144. */
  readonly maxBodyBytes: number;
}

export const DELIVERY_POLICY = Symbol('nest-flock:delivery-policy');

const DAY = 86_400_000;

export const DEFAULT_DELIVERY_POLICY: DeliveryPolicy = {
  concurrency: 16,
  handlerTimeoutMs: 300_000,
  maxAttempts: 12,
  retryBaseMs: 5_000,
  retryCapMs: 3_600_000,
  leaseMs: 60_000,
  retentionMs: 30 * DAY,
  deadRetentionMs: 90 * DAY,
  maxBodyBytes: 262_144,
};

/** Half of it is chance, so that what failed together does not come back together. */
export function retryDelayMs(policy: DeliveryPolicy, attempts: number): number {
  const ceiling = Math.min(policy.retryCapMs, policy.retryBaseMs * 2 ** Math.min(attempts - 1, 20));
  return Math.round(ceiling * (0.5 + 0.5 * Math.random()));
}
