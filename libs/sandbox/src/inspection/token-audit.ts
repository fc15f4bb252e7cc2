import type { TokenCall } from './token-call.js';

/** The sums over all token calls since the last reset. */
export interface TokenAudit {
  readonly calls: number;
  readonly refreshes: number;
  /** Refreshes after which the refresh token was replaced or a new access token issued. */
  readonly committed: number;
  /** How often each refresh token was presented, by fingerprint. A live map: do not change it. */
  readonly spends: ReadonlyMap<string, number>;
  /** Fingerprints of the refresh tokens that were presented more than once. A live set. */
  readonly spentMoreThanOnce: ReadonlySet<string>;
  /** Refreshes that came in while another one with the same refresh token was in flight. */
  readonly overlaps: number;
  /** Replaced refresh tokens, out of their grace, that were presented. */
  readonly reuse: number;
  /** Those of `reuse` whose replacement had reached the client whole: a mistake of the client. */
  readonly reuseAfterAnswer: number;
}

/** Keeps the sums while calls come in, so that asking for them costs nothing. */
export class TokenAuditor {
  private calls = 0;
  private refreshes = 0;
  private committed = 0;
  private overlaps = 0;
  private reuse = 0;
  private reuseAfterAnswer = 0;
  private spends = new Map<string, number>();
  private spentMoreThanOnce = new Set<string>();
  private inFlight = new Map<string, Set<TokenCall>>();

  get audit(): TokenAudit {
    const { calls, refreshes, committed, spends, spentMoreThanOnce } = this;
    const { overlaps, reuse, reuseAfterAnswer } = this;
    return {
      calls,
      refreshes,
      committed,
      spends,
      spentMoreThanOnce,
      overlaps,
      reuse,
      reuseAfterAnswer,
    };
  }

  called(): void {
    this.calls += 1;
  }

  /** A refresh token was presented. Returns whether another call with it is in flight. */
  spent(call: TokenCall, token: string): boolean {
    this.refreshes += 1;
    const times = (this.spends.get(token) ?? 0) + 1;
    this.spends.set(token, times);
    if (times > 1) this.spentMoreThanOnce.add(token);
    const others = this.inFlight.get(token);
    if (!others) {
      this.inFlight.set(token, new Set([call]));
      return false;
    }
    this.overlaps += 1;
    others.add(call);
    for (const each of others) each.overlap = true;
    return true;
  }

  replaced(): void {
    this.committed += 1;
  }

  reused(afterAnswer: boolean): void {
    this.reuse += 1;
    if (afterAnswer) this.reuseAfterAnswer += 1;
  }

  ended(call: TokenCall, token: string): void {
    const calls = this.inFlight.get(token);
    calls?.delete(call);
    if (calls?.size === 0) this.inFlight.delete(token);
  }

  /** Forgets the sums; what is in flight stays known. */
  clear(): void {
    this.calls = this.refreshes = this.committed = 0;
    this.overlaps = this.reuse = this.reuseAfterAnswer = 0;
    this.spends = new Map();
    this.spentMoreThanOnce = new Set();
  }
}
