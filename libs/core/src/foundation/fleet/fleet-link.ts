import type { DeliveryQueue } from './delivery-queue.js';
import type { SendLimits } from './send-limits.js';

/**
 * What joins the instances of one app besides their database. It only makes them quicker and more
 * considerate: the database alone decides, and goes on alone while the link is down.
 */
export interface FleetLink {
  /** For health and logs, such as `redis`. */
  readonly name: string;
  readonly isUp: boolean;
  readonly limits: SendLimits;
  /** Absent: deliveries are handled straight from the store. */
  readonly queue?: DeliveryQueue;
  /** Tells the other instances that something was withdrawn or replaced. Neither waits nor throws. */
  hint(): void;
  /** Called once, when the configuration is known to be right. Does not wait for a connection. */
  start(onHint: () => void): void;
  /**
   * In place of `start`, for a command that sends: the limits alone, no hints and no workers. Resolves
   * when they are known, or without them when the link does not answer soon.
   */
  startLimits(): Promise<void>;
  /** Called once, after everything that may use it has ended. */
  close(): Promise<void>;
}
