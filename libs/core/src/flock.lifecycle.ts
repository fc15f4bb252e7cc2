import { Inject, Injectable, Logger } from '@nestjs/common';
import type {
  BeforeApplicationShutdown,
  OnApplicationBootstrap,
  OnApplicationShutdown,
  OnModuleInit,
} from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { AuditService } from './audit/audit.service.js';
import { ChangeFeed } from './connections/change-feed.js';
import { ConnectionCache } from './connections/connection.cache.js';
import { ConnectionStatusService } from './connections/connection-status.service.js';
import { DatabaseClock } from './connections/database-clock.js';
import { ConfiguredConnections } from './connections/configured-connections.js';
import { Database } from './database/database.js';
import { DeliveryHandlers } from './deliveries/delivery-handlers.js';
import { DEFAULT_DELIVERY_POLICY } from './deliveries/delivery-policy.js';
import { DeliveryPolicyHolder } from './deliveries/delivery-policy.holder.js';
import { DeliveryDispatcher } from './deliveries/delivery.dispatcher.js';
import { DeliveryService } from './deliveries/delivery.service.js';
import { DeliveryStore } from './deliveries/delivery.store.js';
import { FlockError } from './errors/flock.error.js';
import { FLOCK_OPTIONS } from './flock.options.js';
import type { ReadFlockOptions } from './flock.options.js';
import { GuardedRoutes } from './guards/guarded-routes.js';
import { OwnOrigins } from './guards/own-origins.js';
import { TokenTransport } from './http/token-transport.js';
import { InstallCompletion } from './install/install-completion.js';
import { AuthorizationRequestStore } from './install/authorization-request.store.js';
import { InstalledHint } from './lifecycle/installed.hint.js';
import { LifecycleHandler } from './lifecycle/lifecycle.handler.js';
import { UninstalledHint } from './lifecycle/uninstalled.hint.js';
import { MountedRoutes } from './install/mounted-routes.js';
import { ProviderRegistry } from './providers/provider.registry.js';
import { Reconciliation } from './reconciliation/reconciliation.service.js';
import { CircuitService } from './refresh/circuit.service.js';
import { RefreshPolicyHolder } from './refresh/refresh-policy.holder.js';
import { DEFAULT_REFRESH_POLICY, leaseMs } from './refresh/refresh-policy.js';
import { RefreshScheduler } from './refresh/refresh.scheduler.js';
import { RefreshService } from './refresh/refresh.service.js';
import { RescueService } from './refresh/rescue.service.js';
import { areUsable, developmentKeys, ENCRYPTION_KEYS_EXPECTED } from './sealing/encryption-keys.js';
import type { EncryptionKey } from './sealing/key-ring.js';
import { RevocationService } from './revocation/revocation.service.js';
import { SealingService } from './sealing/sealing.service.js';
import { WebhookSecrets } from './webhooks/webhook-secrets.service.js';
import { FlockMetrics } from './telemetry/flock.metrics.js';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** Starts and stops everything, in order. */
@Injectable()
export class FlockLifecycle
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly logger = new Logger('NestFlock');
  private readonly intervals: string[] = [];

  constructor(
    @Inject(FLOCK_OPTIONS) private readonly read: ReadFlockOptions,
    private readonly registry: ProviderRegistry,
    private readonly database: Database,
    private readonly sealing: SealingService,
    private readonly cache: ConnectionCache,
    private readonly feed: ChangeFeed,
    private readonly status: ConnectionStatusService,
    private readonly circuits: CircuitService,
    private readonly refreshes: RefreshService,
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
    private readonly holder: RefreshPolicyHolder,
    private readonly revocations: RevocationService,
    private readonly clock: DatabaseClock,
    private readonly deliveries: DeliveryStore,
    private readonly dispatcher: DeliveryDispatcher,
    private readonly handlers: DeliveryHandlers,
    private readonly deliveryService: DeliveryService,
    private readonly deliveryPolicy: DeliveryPolicyHolder,
    private readonly webhookSecrets: WebhookSecrets,
    private readonly lifecycleHandler: LifecycleHandler,
    private readonly uninstalled: UninstalledHint,
    private readonly installedHint: InstalledHint,
    private readonly reconciliation: Reconciliation,
    private readonly timers: SchedulerRegistry,
    @Inject(TokenTransport) private readonly transport: TokenTransport,
  ) {}

  async onModuleInit(): Promise<void> {
    const { options, problems } = this.read;
    this.registry.report(...problems);
    this.registry.assertConfigured();
    this.holder.policy = { ...DEFAULT_REFRESH_POLICY, renew: options.renew, ...options.refresh };
    this.deliveryPolicy.policy = { ...DEFAULT_DELIVERY_POLICY, ...options.deliveries };
    this.origins.configure(options.publicUrl);
    this.sealing.use(await this.keys());
    await this.database.open(
      {
        url: options.databaseUrl,
        sqliteDriver: options.sqliteDriver,
        poolSize: options.databasePoolSize,
      },
      options.migrations,
    );
    this.rescue.use(
      options.rescueDir ?? join(options.dataDir, 'rescue'),
      this.refreshes.owner.slice(-8),
    );
    // Results that another process could not store come before any claim.
    await this.rescue.recover();
    await this.configured.ensure();
    await this.feed.poll();
    await this.clock.sync();
    await this.circuits.reload();
    this.metrics.watch(() => this.cache.values());
  }

  onApplicationBootstrap(): void {
    this.routes.assertMounted();
    this.guarded.assertClear();
    for (const one of [this.lifecycleHandler, this.uninstalled, this.installedHint]) {
      this.handlers.add(one);
    }
    this.handlers.discover();
    this.every('feed', SECOND, async () => {
      await this.feed.poll();
      await this.circuits.reload();
    });
    // Beside the feed, which may itself be waiting for the store.
    this.every('blind', SECOND, async () => {
      if (this.status.isBlind()) this.cache.distrust();
    });
    this.every('rescue', SECOND, () => (this.rescue.size > 0 ? this.rescue.replay() : undefined));
    this.every('adopt', 30 * SECOND, () => this.rescue.recover());
    this.every('clock', 60 * SECOND, () => this.clock.sync());
    if (!this.read.options.background) return;
    this.startDeliveries();
    this.every('reconcile', 5 * SECOND, () => this.reconciliation.tick());
    this.every('refresh', SECOND, () => this.scheduler.tick());
    this.every('revoke', 5 * SECOND, () => this.revocations.run());
    this.every('prune', HOUR, async () => {
      await this.requests.prune();
      await this.audit.prune();
      await this.deliveries.prune();
      await this.webhookSecrets.prune();
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    for (const name of this.intervals.splice(0)) this.timers.deleteInterval(name);
    this.refreshes.quiesce();
    await this.dispatcher.stop();
    await this.scheduler.stop();
    await this.rescue.replay().catch(() => undefined);
  }

  async onApplicationShutdown(): Promise<void> {
    // Requests that ended only now may have left renewals and exchanges behind: each holds a token
    // that must be stored before the database closes. They end by their own deadlines.
    await Promise.race([
      Promise.all([
        this.refreshes.settled(),
        this.installs.settled(),
        this.revocations.settled(),
        this.reconciliation.settled(),
      ]),
      wait(2 * leaseMs(this.holder.policy), undefined, { ref: false }),
    ]);
    this.cache.clear();
    await this.transport.close();
    await this.database.close();
  }

  private startDeliveries(): void {
    this.deliveries.onStored = () => this.dispatcher.wake();
    this.every('deliveries', SECOND, () => this.dispatcher.look());
    const { leaseMs: lease } = this.deliveryPolicy.policy;
    this.every('extend', Math.max(1, lease / 4), () => this.dispatcher.extend());
    this.every('backlog', 10 * SECOND, async () =>
      this.metrics.deliveriesWaiting(await this.deliveryService.backlog()),
    );
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

  private async keys(): Promise<readonly EncryptionKey[]> {
    const { keyProvider, encryptionKeys, dataDir } = this.read.options;
    if (keyProvider !== undefined) {
      const keys = await keyProvider.keys();
      if (areUsable(keys)) return keys;
      throw new FlockError(
        'configuration_invalid',
        `The key provider gave no usable keys; expected ${ENCRYPTION_KEYS_EXPECTED}.`,
      );
    }
    if (encryptionKeys !== undefined) return encryptionKeys;
    const file = join(dataDir, 'encryption-key');
    const { keys, created } = developmentKeys(file);
    this.logger.warn(
      created
        ? `FLOCK_ENCRYPTION_KEYS is not set: a development key was made in ${file}. Keep the file out of version control; production will not start without the variable.`
        : `FLOCK_ENCRYPTION_KEYS is not set: using the development key in ${file}.`,
    );
    return keys;
  }
}
