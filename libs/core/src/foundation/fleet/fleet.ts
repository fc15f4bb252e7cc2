import { Inject, Injectable } from '@nestjs/common';
import { DEPLOYMENT_OPTIONS } from '../deployment/deployment.options.js';
import type { DeploymentOptions } from '../deployment/deployment.options.js';
import type { DeliveryQueue } from './delivery-queue.js';
import type { FleetLink } from './fleet-link.js';
import { LocalSendLimits } from './local-send-limits.js';
import type { SendLimits } from './send-limits.js';

/** The fleet as this process sees it: joined by a link, or this process alone. */
@Injectable()
export class Fleet {
  private readonly local = new LocalSendLimits();
  private joined: FleetLink | undefined;

  constructor(@Inject(DEPLOYMENT_OPTIONS) private readonly options: DeploymentOptions) {}

  /** As configured: two deployments are two fleets. */
  get deploymentId(): string | undefined {
    return this.options.deploymentId;
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
