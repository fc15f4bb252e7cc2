export interface DeliveryBacklog {
  /** Waiting to be handled, those that are to be tried again included. */
  readonly pending: number;
  readonly dead: number;
  /** How long the oldest that is due has been waiting; seconds. */
  readonly oldestDueSeconds: number;
}
