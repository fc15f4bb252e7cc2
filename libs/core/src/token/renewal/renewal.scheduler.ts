import { Inject, Injectable, Logger } from '@nestjs/common';
import { ProviderRegistry } from '../../provider/provider.registry.js';
import type { RegisteredApp } from '../../provider/registered-app.js';
import { FlockMetrics } from '../../foundation/telemetry/flock.metrics.js';
import { CircuitService } from '../endpoint/circuit.service.js';
import type { Circuit } from '../endpoint/circuit.service.js';
import { Claims } from './claims.js';
import type { ClaimedRow } from './claimed-row.js';
import { DueConnections } from './due-connections.js';
import { RenewalService } from './renewal.service.js';
import type { RenewalQueue } from './due-connections.js';
import { RenewalRequests } from '../endpoint/renewal-request.js';
import { RenewalSlots } from './renewal-slots.js';
import { TokenSender } from '../endpoint/token-sender.js';
import { RENEWAL_POLICY } from '../endpoint/renewal-policy.js';
import type { RenewalPolicy } from '../endpoint/renewal-policy.js';

/** Ticks between two looks from the beginning, so that rows made due below the remembered bound are found. */
const FULL_SCAN_EVERY = 30;

/**
 * Renews what is due, app by app: claims no more rows than it has free slots, straight from the
 * index, and goes on until nothing is due. Its cost follows what is due, not what is stored.
 */
@Injectable()
export class RenewalScheduler {
  private readonly logger = new Logger('NestFlock');
  private readonly slots = new Map<string, RenewalSlots>();
  private readonly draining = new Map<string, Promise<void>>();
  private ticks = 0;
  private stopped = false;

  constructor(
    private readonly claims: Claims,
    private readonly due: DueConnections,
    private readonly registry: ProviderRegistry,
    private readonly renewals: RenewalService,
    private readonly circuits: CircuitService,
    private readonly requests: RenewalRequests,
    @Inject(RENEWAL_POLICY) private readonly policy: RenewalPolicy,
    private readonly metrics: FlockMetrics,
    private readonly sender: TokenSender,
  ) {}

  /** Starts a pass over every app and environment whose last one has ended; a slow provider holds up only itself. */
  async tick(): Promise<void> {
    if (this.stopped) return;
    if (this.ticks % FULL_SCAN_EVERY === 0) this.due.lookFromTheBeginning();
    this.ticks += 1;
    const queues = this.queues();
    for (const queue of queues) {
      const { key } = queue;
      if (this.draining.has(key)) continue;
      const drained = this.drain(queue)
        .catch((error: unknown) => {
          this.logger.warn(
            `The scheduler could not look for due renewals of ${key} (${(error as Error).name}).`,
          );
        })
        .finally(() => this.draining.delete(key));
      this.draining.set(key, drained);
    }
    await this.measureBacklog(queues).catch(() => undefined);
  }

  private queues(): RenewalQueue[] {
    const renewing = this.registry.list().filter((app) => app.definition.tokenPerUse !== true);
    return renewing.flatMap((app) =>
      app.definition.environments.map((environment) => ({
        app,
        environment,
        key: `${app.provider}/${app.name}/${environment}`,
      })),
    );
  }

  /** Claims nothing more and waits for what is in flight. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.draining.values());
    await this.renewals.settled();
  }

  private async drain(queue: RenewalQueue): Promise<void> {
    const slots = this.slotsOf(queue);
    while (!this.stopped) {
      const free = await slots.free();
      if (this.stopped) return;
      // What may not be sent is not claimed; the next tick looks again.
      const { room } = await this.sender.peek(queue.app, { environment: queue.environment });
      if (room < 1) return;
      const wanted = Math.min(free, room);
      let claimed = await this.claim(queue, wanted, false);
      if (claimed.length === 0 && (await this.mayProbe(queue))) {
        claimed = await this.claim(queue, 1, true);
      }
      for (const one of claimed) this.start(slots, one);
      if (claimed.length < wanted) return;
    }
  }

  private slotsOf({ key }: RenewalQueue): RenewalSlots {
    let slots = this.slots.get(key);
    if (slots === undefined) {
      slots = new RenewalSlots(Math.max(1, Math.floor(this.policy.concurrency)));
      this.slots.set(key, slots);
    }
    return slots;
  }

  /** Something is stopped and this process got the right to the one probe. */
  private async mayProbe(queue: RenewalQueue): Promise<boolean> {
    if (this.circuits.openCount() === 0) return false;
    const { endpoint, credential } = await this.circuitsOf(queue);
    const open = await this.circuits.openAmong(
      [endpoint, credential].filter((circuit) => circuit !== undefined),
    );
    if (open === undefined || !(await this.due.isAnyDue(queue))) return false;
    const { app, environment } = queue;
    if (
      open.kind === 'credential' &&
      (await this.requests.isReplaced(app, { environment }, open))
    ) {
      // The next pass claims with the new one.
      return false;
    }
    return this.circuits.takeProbe(open);
  }

  /** Those of the environment itself; accounts with a credential of their own are seen to one by one. */
  private async circuitsOf({ app, environment }: RenewalQueue) {
    const endpoint = this.endpointOf(app, environment);
    if (endpoint === undefined || !app.hasCredential({ environment })) return { endpoint };
    // Without the secret of the usual account the others still renew.
    const client = await app.credential({ environment }).catch(() => undefined);
    if (client === undefined) return { endpoint };
    const credential = this.requests.credentialCircuit(app, { environment }, client);
    return { endpoint, credential };
  }

  /** Where every account has a server of its own, an environment has no endpoint. */
  private endpointOf(app: RegisteredApp, environment: string): Circuit | undefined {
    try {
      return this.requests.endpointCircuit(app, { environment });
    } catch {
      return undefined;
    }
  }

  private start(slots: RenewalSlots, claimed: ClaimedRow): void {
    slots.take();
    const work = this.stopped ? this.claims.giveBack(claimed) : this.renewals.resume(claimed);
    void Promise.resolve(work)
      // Recorded in the row and the metrics; a caller who needs the token gets the error.
      .catch(() => undefined)
      .finally(() => slots.give());
  }

  private async claim(queue: RenewalQueue, limit: number, probe: boolean): Promise<ClaimedRow[]> {
    const { endpoint, credential } = await this.circuitsOf(queue);
    return this.claims.takeDue(queue, {
      limit,
      endpoint: endpoint?.id ?? '',
      credential: credential?.id ?? '',
      probe,
    });
  }

  private async measureBacklog(queues: readonly RenewalQueue[]): Promise<void> {
    this.metrics.backlog(await this.due.oldestSeconds(queues));
  }
}
