/** Addresses kept at once; beyond that the oldest start anew. */
const CAPACITY = 10_000;

/** A token bucket per key in memory: `burst` at once, then `perMinute`. */
export class RateLimiter {
  private readonly buckets = new Map<string, { tokens: number; at: number }>();

  constructor(
    private readonly burst: number,
    private readonly perMinute: number,
  ) {}

  /** 0 when the request may pass, else the seconds to wait. */
  take(key: string): number {
    const now = performance.now();
    const bucket = this.buckets.get(key) ?? { tokens: this.burst, at: now };
    const refill = ((now - bucket.at) / 60_000) * this.perMinute;
    const tokens = Math.min(this.burst, bucket.tokens + refill);
    this.buckets.delete(key);
    if (this.buckets.size >= CAPACITY) {
      this.buckets.delete(this.buckets.keys().next().value as string);
    }
    this.buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
    return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * 60) / this.perMinute);
  }
}
