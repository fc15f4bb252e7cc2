import { Injectable } from '@nestjs/common';
import { ConnectionCache } from '../connection/connection.cache.js';
import { Database } from '../foundation/database/database.js';
import { Deployment } from '../foundation/deployment/deployment.js';
import { Fleet } from '../foundation/fleet/fleet.js';
import { CircuitService } from '../token/endpoint/circuit.service.js';
import { RescueService } from '../token/rescue/rescue.service.js';
import { WebhookReceiver } from '../webhook/webhook.receiver.js';
import { FlockMetrics } from '../foundation/telemetry/flock.metrics.js';

export interface FlockHealth {
  readonly status: 'up' | 'down';
  /** The store can be read. */
  readonly store: boolean;
  /** The store belongs to this deployment; else nothing is handed out until `flock adopt`. */
  readonly adopted: boolean;
  /** Results that wait for the store. */
  readonly rescued: number;
  /** Rescued results that a store which is older than they are cannot take: was a backup restored? */
  readonly rescuedAhead: number;
  /** Connections in memory that cannot be opened. */
  readonly unreadable: number;
  /** Endpoints and credentials where renewing has stopped. */
  readonly stopped: number;
  /** Webhooks arrive without the raw body that they are verified with; see `rawBody: true`. */
  readonly rawBodyMissing: boolean;
  /** Deliveries that somebody must look at. */
  readonly deadLetters: number;
  /** Where `@nest-flock/redis` is used. For information: without Redis the database goes on alone. */
  readonly redis?: 'up' | 'down';
}

/** Readiness, in the shape that `@nestjs/terminus` wants of an indicator; needs nothing of it. */
@Injectable()
export class FlockHealthIndicator {
  constructor(
    private readonly database: Database,
    private readonly cache: ConnectionCache,
    private readonly circuits: CircuitService,
    private readonly rescue: RescueService,
    private readonly receiver: WebhookReceiver,
    private readonly metrics: FlockMetrics,
    private readonly deployment: Deployment,
    private readonly fleet: Fleet,
  ) {}

  async isHealthy(key = 'flock'): Promise<Record<string, FlockHealth>> {
    const store = await this.database.read('SELECT 1 AS ok').then(
      () => true,
      () => false,
    );
    const unreadable = [...this.cache.values()].filter((entry) => entry.unreadable).length;
    const { size: rescued, aheadCount: rescuedAhead } = this.rescue;
    const stopped = this.circuits.openCount();
    const { rawBodyMissing } = this.receiver;
    const deadLetters = this.metrics.backlogOfDeliveries.dead;
    const { isOurs: adopted } = this.deployment;
    const up = store && adopted && rescued === 0 && unreadable === 0 && !rawBodyMissing;
    const status = up ? 'up' : 'down';
    const waiting = {
      rescued,
      rescuedAhead,
      unreadable,
      stopped,
      rawBodyMissing,
      deadLetters,
    };
    const { link } = this.fleet;
    const joined = link === undefined ? {} : { [link.name]: link.isUp ? 'up' : 'down' };
    return { [key]: { status, store, adopted, ...waiting, ...joined } };
  }
}
