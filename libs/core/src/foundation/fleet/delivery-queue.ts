/** A delivery that is due, or will be. */
export interface QueuedDelivery {
  readonly id: string;
  /** How often it has been taken up: tells a later try from a copy of this one. */
  readonly runs: number;
  /** Milliseconds. */
  readonly delayMs: number;
  /** Before everything that waits. */
  readonly first: boolean;
}

/** What became of a queued delivery: `skipped` when it was not due or another had it. */
export type DeliveryEnd = 'done' | 'later' | 'failed' | 'dead' | 'skipped';

/** What the workers of a process do. */
export interface DeliveryWork {
  /** Deliveries at once. */
  readonly concurrency: number;
  handle(id: string): Promise<DeliveryEnd>;
  /** `false` while the store is not ours: what is queued is left to others. */
  mayWork(): boolean;
}

/**
 * Spreads deliveries over the workers of a fleet. It knows ids and nothing else: the store says what
 * is due, who has it and how often it was tried, and whatever gets lost here is found there.
 */
export interface DeliveryQueue {
  /** Takes deliveries now, and works on them where it should; else they are handled straight from the store. */
  readonly isReady: boolean;
  /** `false` when they are not queued; never throws. */
  add(deliveries: readonly QueuedDelivery[]): Promise<boolean>;
  /** Starts the workers of this process. */
  work(work: DeliveryWork): void;
  /** Takes nothing more; resolves when what runs has ended. */
  stop(): Promise<void>;
}
