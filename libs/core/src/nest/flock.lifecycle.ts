import { Inject, Injectable, Optional } from '@nestjs/common';
import type {
  BeforeApplicationShutdown,
  OnApplicationBootstrap,
  OnApplicationShutdown,
  OnModuleInit,
} from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { join } from 'node:path';
import { AuditService } from '../foundation/audit/audit.service.js';
import { COMMAND_MODE } from './commands/command-mode.js';
import { ChangeFeed } from '../connection/change-feed.js';
import { ConnectionCache } from '../connection/connection.cache.js';
import { ConnectionStatusService } from '../connection/connection-status.service.js';
import { DatabaseClock } from '../foundation/database/database-clock.js';
import { ConfiguredConnections } from '../connection/configured-connections.js';
import { Database } from '../foundation/database/database.js';
import type { MigrationMode } from '../foundation/database/database.js';
import { DeliveryHandlers } from '../inbox/delivery-handlers.js';
import { DELIVERY_POLICY } from '../inbox/delivery-policy.js';
import type { DeliveryPolicy } from '../inbox/delivery-policy.js';
import { DeliveryDispatcher } from '../inbox/delivery.dispatcher.js';
import { DeliveryService } from '../inbox/delivery.service.js';
import { DeliveryStore } from '../inbox/delivery.store.js';
import { DueDeliveries } from '../inbox/due-deliveries.js';
import { Deployment } from '../foundation/deployment/deployment.js';
import { coalesced } from '../foundation/fleet/coalesced.js';
import { Fleet } from '../foundation/fleet/fleet.js';
import { FLOCK_OPTIONS } from './flock.options.js';
import type { ReadFlockOptions } from './flock.options.js';
import { GuardedRoutes } from './guard/guarded-routes.js';
import { OwnOrigins } from './guard/own-origins.js';
import { within } from '../foundation/time/within.js';
import { TokenTransport } from '../foundation/http/token-transport.js';
import { InstallCompletion } from '../install/install-completion.js';
import { AuthorizationRequestStore } from '../install/authorization-request.store.js';
import { InstalledHint } from '../webhook/handlers/installed.hint.js';
import { LifecycleHandler } from '../webhook/handlers/lifecycle.handler.js';
import { UninstalledHint } from '../webhook/handlers/uninstalled.hint.js';
import { MountedRoutes } from './mounted-routes.js';
import { ProviderRegistry } from '../provider/provider.registry.js';
import { Reconciliation } from '../lifecycle/reconciliation/reconciliation.service.js';
import { CircuitService } from '../token/endpoint/circuit.service.js';
import { leaseMs, REFRESH_POLICY } from '../token/endpoint/refresh-policy.js';
import type { RefreshPolicy } from '../token/endpoint/refresh-policy.js';
import { Claims } from '../token/renewal/claims.js';
import { RefreshScheduler } from '../token/renewal/refresh.scheduler.js';
import { RefreshService } from '../token/renewal/refresh.service.js';
import { RescueService } from '../token/rescue/rescue.service.js';
import { RevocationService } from '../lifecycle/revocation/revocation.service.js';
import { KeySource } from '../foundation/sealing/key-source.js';
import { WebhookSecrets } from '../webhook/webhook-secrets.service.js';
import { FlockMetrics } from '../foundation/telemetry/flock.metrics.js';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** Starts and stops everything, in order. */
@Injectable()
export class FlockLifecycle
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly intervals: string[] = [];
  /** What others have withdrawn or stopped. */
  private readonly follow = coalesced(async () => {
    await this.deployment.poll();
    await this.feed.poll();
    await this.circuits.reload();
    await this.prepare();
  });
  private prepared = false;
  /** Two claims after the stop began: the longest that a renewal with its second send can take. */
  private stopBy: number | undefined;

  constructor(
    @Inject(FLOCK_OPTIONS) private readonly read: ReadFlockOptions,
    private readonly registry: ProviderRegistry,
    private readonly database: Database,
    private readonly keys: KeySource,
    private readonly deployment: Deployment,
    private readonly cache: ConnectionCache,
    private readonly feed: ChangeFeed,
    private readonly status: ConnectionStatusService,
    private readonly circuits: CircuitService,
    private readonly refreshes: RefreshService,
    private readonly claims: Claims,
    private readonly scheduler: RefreshScheduler,
    private readonly rescue: RescueService,
    private readonly requests: AuthorizationRequestStore,
    private readonly installs: InstallCompletion,
    private readonly configured: ConfiguredConnections,
    private readonly audit: AuditService,
    private readonly origins: OwnOrigins,
    private readonly routes: MountedRoutes,
    private readonly guarded: GuardedRoutes,
    private readonly metrics: FlockMetrics,
    @Inject(REFRESH_POLICY) private readonly refreshPolicy: RefreshPolicy,
    private readonly revocations: RevocationService,
    private readonly clock: DatabaseClock,
    private readonly deliveries: DeliveryStore,
    private readonly dispatcher: DeliveryDispatcher,
    private readonly handlers: DeliveryHandlers,
    private readonly deliveryService: DeliveryService,
    @Inject(DELIVERY_POLICY) private readonly deliveryPolicy: DeliveryPolicy,
    private readonly webhookSecrets: WebhookSecrets,
    private readonly lifecycleHandler: LifecycleHandler,
    private readonly uninstalled: UninstalledHint,
    private readonly installedHint: InstalledHint,
    private readonly reconciliation: Reconciliation,
    private readonly fleet: Fleet,
    private readonly due: DueDeliveries,
    private readonly timers: SchedulerRegistry,
    @Inject(TokenTransport) private readonly transport: TokenTransport,
    @Optional() @Inject(COMMAND_MODE) private readonly command?: string,
  ) {}

  async onModuleInit(): Promise<void> {
    const { options, problems } = this.read;
    this.registry.report(...problems);
    this.registry.assertConfigured();
    this.origins.configure(options.publicUrl);
    await this.keys.start();
    await this.database.open(
      {
        url: options.databaseUrl,
        sqliteDriver: options.sqliteDriver,
        poolSize: options.databasePoolSize,
      },
      this.migrations(options.migrations),
      (store) => this.deployment.mayMigrate(store, this.command === 'adopt'),
    );
    await this.deployment.start({ mayClaim: this.command === undefined });
    this.rescue.use(
      options.rescueDir ?? join(options.dataDir, 'rescue'),
      this.claims.owner.slice(-8),
    );
    if (this.command !== undefined) return;
    this.rescue.assertWritable();
    await this.prepare();
    await this.feed.poll();
    await this.clock.sync();
    await this.circuits.reload();
    this.database.onFollowed = () => this.fleet.hint();
    this.fleet.link?.start(() => void this.follow().catch(() => undefined));
    this.metrics.watch(() => this.cache.values());
  }

  /** A command of the next release, run beside the present one, must not lock its tables. */
  private migrations(wanted: MigrationMode): MigrationMode {
    const leavesThem = this.command !== undefined && this.command !== 'adopt';
    return leavesThem && wanted === 'run' ? 'check' : wanted;
  }

  onApplicationBootstrap(): void {
    if (this.command !== undefined) return;
    this.routes.assertMounted();
    this.guarded.assertClear();
    for (const one of [this.lifecycleHandler, this.uninstalled, this.installedHint]) {
      this.handlers.add(one);
    }
    this.handlers.discover();
    this.every('feed', SECOND, this.follow);
    // Beside the feed, which may itself be waiting for the store.
    this.every('blind', SECOND, async () => {
      if (this.status.isBlind()) this.cache.distrust();
    });
    this.every('rescue', SECOND, () => (this.rescue.size > 0 ? this.rescue.replay() : undefined));
    this.every('adopt', 30 * SECOND, () => this.rescue.recover());
    this.every('clock', 60 * SECOND, () => this.clock.sync());
    if (this.keys.everyMs !== undefined) {
      this.every('keys', this.keys.everyMs, () => this.keys.reload());
    }
    if (!this.read.options.background) return;
    this.startDeliveries();
    this.spend('reconcile', 5 * SECOND, () => this.reconciliation.tick());
    this.spend('refresh', SECOND, () => this.scheduler.tick());
    this.spend('revoke', 5 * SECOND, () => this.revocations.run());
    this.spend('circuits', 60 * SECOND, () => this.circuits.prune());
    this.spend('prune', HOUR, async () => {
      await this.requests.prune();
      await this.audit.prune();
      await this.deliveries.prune();
      await this.webhookSecrets.prune();
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.refreshes.quiesce();
    for (const name of this.intervals.splice(0)) {
      // The host may have ended some, or the registry all of them.
      if (this.timers.doesExist('interval', name)) this.timers.deleteInterval(name);
    }
    await this.inTime(
      this.fleet.queue?.stop() ?? Promise.resolve(),
      this.dispatcher.stop(),
      this.scheduler.stop(),
    );
    await this.inTime(this.rescue.replay().catch(() => undefined));
  }

  async onApplicationShutdown(): Promise<void> {
    // Requests that ended only now may have left renewals and exchanges behind: each holds a token
    // that must be stored before the database closes. They end by their own deadlines.
    await this.inTime(
      this.refreshes.settled(),
      this.installs.settled(),
      this.revocations.settled(),
      this.reconciliation.settled(),
    );
    this.cache.clear();
    await this.transport.close();
    await this.fleet.link?.close();
    await this.database.close();
  }

  /** Waits for all of these, but not beyond the time that a stop may take. */
  private async inTime(...work: readonly Promise<void>[]): Promise<void> {
    this.stopBy ??= performance.now() + 2 * leaseMs(this.refreshPolicy);
    const rest = Math.max(0, this.stopBy - performance.now());
    await within(rest, Promise.all(work), () => undefined);
  }

  private startDeliveries(): void {
    this.due.onDirect = () => this.dispatcher.wake();
    const { concurrency } = this.deliveryPolicy;
    this.fleet.queue?.work({
      concurrency,
      handle: (id) => this.dispatcher.handleOne(id),
      mayWork: () => this.deployment.isOurs,
    });
    this.spend('deliveries', SECOND, () => this.dispatcher.look());
    const { leaseMs: lease } = this.deliveryPolicy;
    this.every('extend', Math.max(1, lease / 4), () => this.dispatcher.extend());
    this.every('backlog', 10 * SECOND, async () =>
      this.metrics.deliveriesWaiting(await this.deliveryService.backlog()),
    );
  }

  /**
   * As soon as the store is ours: results that another process could not store come before any claim,
   * and what is configured has its connections.
   */
  private async prepare(): Promise<void> {
    if (!this.deployment.isOurs) {
      this.prepared = false;
      return;
    }
    if (this.prepared) return;
    await this.rescue.recover();
    await this.configured.ensure();
    this.prepared = true;
  }

  /** Only in a store that is ours. */
  private spend(name: string, ms: number, work: () => Promise<void>): void {
    this.every(name, ms, () => (this.deployment.isOurs && this.prepared ? work() : undefined));
  }

  /** Runs of one job never overlap; a failure waits for the next run. */
  private every(name: string, ms: number, work: () => Promise<void> | undefined): void {
    let running = false;
    const timer = setInterval(() => {
      if (running) return;
      running = true;
      void Promise.resolve()
        .then(work)
        .catch(() => undefined)
        .finally(() => (running = false));
    }, ms);
    this.timers.addInterval(`nest-flock:${name}`, timer);
    this.intervals.push(`nest-flock:${name}`);
  }
}
