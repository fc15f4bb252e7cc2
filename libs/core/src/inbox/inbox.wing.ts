import { Inject, Injectable } from '@nestjs/common';
import { Deployment } from '../foundation/deployment/deployment.js';
import { Fleet } from '../foundation/fleet/fleet.js';
import { FlockMetrics } from '../foundation/telemetry/flock.metrics.js';
import type { Job, Wing } from '../foundation/wing.js';
import { DELIVERY_POLICY } from './delivery-policy.js';
import type { DeliveryPolicy } from './delivery-policy.js';
import { DeliveryDispatcher } from './delivery.dispatcher.js';
import { DeliveryService } from './delivery.service.js';
import { DeliveryStore } from './delivery.store.js';
import { DueDeliveries } from './due-deliveries.js';

const SECOND = 1_000;

/** Deliveries are handled, by the workers of the fleet or by this process's own look. */
@Injectable()
export class InboxWing implements Wing {
  constructor(
    private readonly fleet: Fleet,
    private readonly deployment: Deployment,
    private readonly due: DueDeliveries,
    private readonly dispatcher: DeliveryDispatcher,
    private readonly deliveries: DeliveryService,
    private readonly store: DeliveryStore,
    private readonly metrics: FlockMetrics,
    @Inject(DELIVERY_POLICY) private readonly policy: DeliveryPolicy,
  ) {}

  work(): void {
    this.due.onDirect(() => this.dispatcher.wake());
    this.fleet.queue?.work({
      concurrency: this.policy.concurrency,
      handle: (id) => this.dispatcher.handleOne(id),
      mayWork: () => this.deployment.isOurs,
    });
  }

  jobs(): readonly Job[] {
    const extendEveryMs = Math.max(1, this.policy.leaseMs / 4);
    return [
      { name: 'deliveries', everyMs: SECOND, when: 'ours', run: () => this.dispatcher.look() },
      {
        name: 'extend',
        everyMs: extendEveryMs,
        when: 'background',
        run: () => this.dispatcher.extend(),
      },
      { name: 'backlog', everyMs: 10 * SECOND, when: 'background', run: () => this.measure() },
    ];
  }

  prune(): Promise<void> {
    return this.store.prune();
  }

  async stop(): Promise<void> {
    await Promise.all([this.fleet.queue?.stop(), this.dispatcher.stop()]);
  }

  private async measure(): Promise<void> {
    this.metrics.deliveriesWaiting(await this.deliveries.backlog());
  }
}
