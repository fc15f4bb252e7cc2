import { Injectable } from '@nestjs/common';
import type { QueuedDelivery } from '../foundation/fleet/delivery-queue.js';
import { Fleet } from '../foundation/fleet/fleet.js';
import { Listeners } from '../foundation/listeners.js';

/**
 * Where a delivery goes that was stored, or is to be tried again: into the fleet's queue if there is
 * one that takes it, else straight to this process's dispatcher.
 */
@Injectable()
export class DueDeliveries {
  private readonly direct = new Listeners();
  private waiting: QueuedDelivery[] = [];

  constructor(private readonly fleet: Fleet) {}

  /** `listener` runs when something is due that no queue has taken: this process handles it itself. */
  onDirect(listener: () => void): void {
    this.direct.add(listener);
  }

  /** After the commit. Nobody waits for the queue. */
  add(delivery: QueuedDelivery): void {
    if (this.fleet.queue?.isReady !== true) {
      this.direct.tell();
      return;
    }
    this.waiting.push(delivery);
    if (this.waiting.length === 1) setImmediate(() => void this.flush());
  }

  /** What came at once goes in one round trip. */
  private async flush(): Promise<void> {
    const deliveries = this.waiting.splice(0);
    if ((await this.fleet.queue?.add(deliveries)) !== true) this.direct.tell();
  }
}
