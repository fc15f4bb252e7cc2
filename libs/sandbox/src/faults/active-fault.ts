import type { FaultHandle, FaultRule, FaultTarget } from './fault-rule.js';

/** One rule in force. */
export class ActiveFault implements FaultHandle {
  readonly reached: Promise<void>;
  waiting = 0;
  private left: number;
  private toSkip: number;
  private markReached: () => void = () => undefined;
  private open: () => void = () => undefined;
  private readonly gate: Promise<void>;

  constructor(
    readonly id: number,
    readonly rule: FaultRule,
    private readonly forget: (fault: ActiveFault) => void,
  ) {
    this.left = rule.times ?? 1;
    this.toSkip = rule.skip ?? 0;
    this.reached = new Promise((resolve) => (this.markReached = resolve));
    this.gate = new Promise((resolve) => (this.open = resolve));
  }

  get remaining(): number {
    return this.left;
  }

  /** Whether this request gets the fault; counts it. */
  takes(target: FaultTarget): boolean {
    if (this.left <= 0 || !this.matches(target)) return false;
    if (this.toSkip > 0) {
      this.toSkip -= 1;
      return false;
    }
    this.left -= 1;
    return true;
  }

  private matches(target: FaultTarget): boolean {
    const { on, provider, environment_grant_id: grant, account } = this.rule;
    if (provider !== undefined && provider !== target.provider) return false;
    if (grant !== undefined && grant !== target.environment_grant_id) return false;
    if (account !== undefined && account !== target.account) return false;
    if (typeof on === 'function') return on(target);
    return target.operation === on || target.operation.startsWith(`${on}.`);
  }

  met(): void {
    this.markReached();
  }

  /** Waits for the release, or for `closed`. */
  async hold(closed: Promise<void>): Promise<void> {
    this.waiting += 1;
    this.met();
    await Promise.race([this.gate, closed]);
    this.waiting -= 1;
  }

  release(): void {
    this.open();
    if (this.left <= 0) this.forget(this);
  }

  remove(): void {
    this.left = 0;
    this.release();
  }

  /** What the control routes say about it. */
  describe(): Record<string, unknown> {
    const { on, provider, environment_grant_id, account, fault } = this.rule;
    return {
      id: this.id,
      on: typeof on === 'function' ? 'function' : on,
      provider,
      environment_grant_id,
      account,
      remaining: this.left === Infinity ? 'always' : this.left,
      waiting: this.waiting,
      fault,
    };
  }
}
