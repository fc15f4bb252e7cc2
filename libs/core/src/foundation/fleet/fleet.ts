import { Inject, Injectable } from '@nestjs/common';
import { FLOCK_OPTIONS } from '../../nest/flock.options.js';
import type { ReadFlockOptions } from '../../nest/flock.options.js';
import type { DeliveryQueue } from './delivery-queue.js';
import type { FleetLink } from './fleet-link.js';
import { LocalSendLimits } from './local-send-limits.js';
import type { SendLimits } from './send-limits.js';

/** The fleet as this process sees it: joined by a link, or this process alone. */
@Injectable()
export class Fleet {
  private readonly local = new LocalSendLimits();
  private joined: FleetLink | undefined;

  constructor(@Inject(FLOCK_OPTIONS) private readonly read: ReadFlockOptions) {}

  /** As configured: two deployments are two fleets. */
  get deploymentId(): string | undefined {
    return this.read.options.deploymentId;
  }

  /** Before the app starts. */
  join(link: FleetLink): void {
    this.joined = link;
  }

  get link(): FleetLink | undefined {
    return this.joined;
  }

  get limits(): SendLimits {
    return this.joined?.limits ?? this.local;
  }

  get queue(): DeliveryQueue | undefined {
    return this.joined?.queue;
  }

  hint(): void {
    this.joined?.hint();
  }
}
