import { HttpService } from '@nestjs/axios';
import { Module } from '@nestjs/common';
import type { DynamicModule, InjectionToken, ModuleMetadata } from '@nestjs/common';
import { APP_FILTER, DiscoveryModule, HttpAdapterHost } from '@nestjs/core';
import { SchedulerRegistry } from '@nestjs/schedule';
import axios from 'axios';
import { ConnectionClients } from '../token/api/connection-clients.js';
import { AuditService } from '../foundation/audit/audit.service.js';
import { AccountDirectory } from '../token/account-directory.js';
import { CacheEntryFactory } from '../connection/cache-entry.factory.js';
import { ChangeFeed } from '../connection/change-feed.js';
import { ConfiguredConnections } from '../connection/configured-connections.js';
import { ConnectionCache } from '../connection/connection.cache.js';
import { ConnectionReader } from '../connection/connection.reader.js';
import { ConnectionService } from '../lifecycle/connection.service.js';
import { ConnectionStatusService } from '../connection/connection-status.service.js';
import { DatabaseClock } from '../foundation/database/database-clock.js';
import { Database } from '../foundation/database/database.js';
import { Deployment } from '../foundation/deployment/deployment.js';
import { TokenCheck } from '../token/token-check.js';
import { DeliveryConnection } from '../connection/delivery-connection.js';
import { DELIVERY_SUBJECT } from '../inbox/delivery-subject.js';
import { DeliveryHandlers } from '../inbox/delivery-handlers.js';
import { DeliveryDispatcher } from '../inbox/delivery.dispatcher.js';
import { DeliveryService } from '../inbox/delivery.service.js';
import { DeliveryStore } from '../inbox/delivery.store.js';
import { DueDeliveries } from '../inbox/due-deliveries.js';
import { TaskService } from '../inbox/task.service.js';
import { ProblemDetailsFilter } from '../foundation/errors/problem-details.filter.js';
import { Fleet } from '../foundation/fleet/fleet.js';
import { FlockConductor } from './flock.conductor.js';
import { WING_PROVIDERS } from './wings.js';
import { FLOCK_OPTIONS, readFlockOptions } from './flock.options.js';
import type { FlockOptions, ReadFlockOptions } from './flock.options.js';
import { OPTION_SLICES } from './option-slices.js';
import { ConnectionGuardService } from './guard/connection-guard.service.js';
import { GuardedRoutes } from './guard/guarded-routes.js';
import { OwnOrigins } from './guard/own-origins.js';
import { axiosProxy } from '../foundation/http/axios-proxy.js';
import { TokenTransport } from '../foundation/http/token-transport.js';
import { UndiciTokenTransport } from '../foundation/http/undici-token-transport.js';
import { AttemptRecognition } from '../install/attempt-recognition.js';
import { AuthorizationService } from '../install/authorization.service.js';
import { InstallCompletion } from '../install/install-completion.js';
import { AuthorizationRequestStore } from '../install/authorization-request.store.js';
import { CodeExchange } from '../install/code-exchange.js';
import { InstallService } from '../install/install.service.js';
import { InstalledConnectionStore } from '../install/installed-connection.store.js';
import { InstalledHooks } from '../install/installed-hooks.js';
import { LiveSession } from '../install/live-session.js';
import { MountedRoutes } from './mounted-routes.js';
import { ConnectionCheck } from '../lifecycle/connection-check.js';
import { ConnectionScopes } from '../lifecycle/connection-scopes.js';
import { ConnectionLedger } from '../connection/connection-ledger.js';
import { ConnectionWithdrawal } from '../lifecycle/connection-withdrawal.js';
import { InstalledHint } from '../webhook/handlers/installed.hint.js';
import { LifecycleHandler } from '../webhook/handlers/lifecycle.handler.js';
import { UninstalledHint } from '../webhook/handlers/uninstalled.hint.js';
import { ProviderRegistry } from '../provider/provider.registry.js';
import { JobStore } from '../lifecycle/reconciliation/job.store.js';
import { Reconciliation } from '../lifecycle/reconciliation/reconciliation.service.js';
import { CircuitService } from '../token/endpoint/circuit.service.js';
import { Claims } from '../token/renewal/claims.js';
import { RenewalSender } from '../token/renewal/renewal-sender.js';
import { RenewalAttemptService } from '../token/renewal/renewal-attempt.service.js';
import { DueConnections } from '../token/renewal/due-connections.js';
import { RenewalScheduler } from '../token/renewal/renewal.scheduler.js';
import { RenewalService } from '../token/renewal/renewal.service.js';
import { RenewalRequests } from '../token/endpoint/renewal-request.js';
import { RescueService } from '../token/rescue/rescue.service.js';
import { Takeover } from '../token/renewal/takeover.js';
import { TokenSender } from '../token/endpoint/token-sender.js';
import { TokenStore } from '../token/renewal/token-store.service.js';
import { RevocationService } from '../lifecycle/revocation/revocation.service.js';
import { KeySource } from '../foundation/sealing/key-source.js';
import { Resealer } from '../foundation/sealing/resealer.js';
import { SealedValues } from '../foundation/sealing/sealed-values.js';
import { SealingService } from '../foundation/sealing/sealing.service.js';
import { SessionService } from '../install/session/session.service.js';
import { FlockHealthIndicator } from './flock.health.js';
import { FlockMetrics } from '../foundation/telemetry/flock.metrics.js';
import { HintReceiver } from '../webhook/hint.receiver.js';
import { WebhookReceiver } from '../webhook/webhook.receiver.js';
import { WebhookSecrets } from '../webhook/webhook-secrets.service.js';
import { OneTimeTokens } from '../token/one-time-token.service.js';
import { TokenService } from '../token/token.service.js';

export interface FlockAsyncOptions<A extends unknown[] = never[]> extends Pick<
  ModuleMetadata,
  'imports'
> {
  readonly inject?: readonly InjectionToken[];
  useFactory(...args: A): FlockOptions | Promise<FlockOptions>;
}

/** What provider libraries and host code may inject. */
const EXPORTED = [
  TokenService,
  ConnectionService,
  FlockHealthIndicator,
  AuditService,
  InstallService,
  ProviderRegistry,
  ConnectionGuardService,
  ConnectionClients,
  Fleet,
  DeliveryService,
  Reconciliation,
  TaskService,
  WebhookSecrets,
  WebhookReceiver,
  HintReceiver,
];

const INTERNAL = [
  AttemptRecognition,
  AuthorizationService,
  InstallCompletion,
  AuthorizationRequestStore,
  AccountDirectory,
  CacheEntryFactory,
  ChangeFeed,
  CircuitService,
  Claims,
  CodeExchange,
  ConfiguredConnections,
  ConnectionCache,
  ConnectionLedger,
  ConnectionReader,
  ConnectionCheck,
  ConnectionScopes,
  ConnectionStatusService,
  ConnectionWithdrawal,
  Database,
  DatabaseClock,
  DeliveryDispatcher,
  DeliveryHandlers,
  DeliveryStore,
  Deployment,
  DueDeliveries,
  FlockConductor,
  FlockMetrics,
  GuardedRoutes,
  InstalledConnectionStore,
  InstalledHooks,
  InstalledHint,
  JobStore,
  KeySource,
  LifecycleHandler,
  LiveSession,
  MountedRoutes,
  OwnOrigins,
  OneTimeTokens,
  RenewalAttemptService,
  RenewalSender,
  DueConnections,
  RenewalScheduler,
  RenewalService,
  RenewalRequests,
  RescueService,
  Resealer,
  RevocationService,
  SealedValues,
  SealingService,
  SessionService,
  TokenCheck,
  Takeover,
  TokenSender,
  TokenStore,
  UninstalledHint,
  // Our own registry: importing ScheduleModule.forRoot() here would run a host's cron jobs twice.
  SchedulerRegistry,
];

/** The core. Import it once, in the root module; everything it exports is available everywhere. */
@Module({})
export class FlockModule {
  /** Options in code win over `FLOCK_*` variables, which are read when the app starts. */
  static forRoot(options: FlockOptions = {}): DynamicModule {
    return FlockModule.forRootAsync({ useFactory: () => options });
  }

  static forRootAsync<A extends unknown[]>(options: FlockAsyncOptions<A>): DynamicModule {
    return {
      module: FlockModule,
      global: true,
      imports: [DiscoveryModule, ...(options.imports ?? [])],
      providers: [
        {
          provide: FLOCK_OPTIONS,
          inject: [...(options.inject ?? [])],
          useFactory: async (...args: unknown[]) =>
            readFlockOptions(await options.useFactory(...(args as A)), process.env),
        },
        {
          provide: TokenTransport,
          inject: [FLOCK_OPTIONS],
          useFactory: ({ options: { tokenTransport, proxy } }: ReadFlockOptions) =>
            tokenTransport ?? new UndiciTokenTransport(proxy === undefined ? {} : { proxy }),
        },
        {
          // An instance of our own: a host's axios interceptors never see a token.
          provide: HttpService,
          inject: [FLOCK_OPTIONS],
          useFactory: ({ options: { proxy } }: ReadFlockOptions) => {
            // axios ships its types twice, and in the CommonJS build the two do not fit each other.
            const instance: unknown = axios.create(axiosProxy(proxy));
            return new HttpService(instance as HttpService['axiosRef']);
          },
        },
        {
          provide: APP_FILTER,
          inject: [HttpAdapterHost, FLOCK_OPTIONS],
          useFactory: (host: HttpAdapterHost, { options: { redirectPages } }: ReadFlockOptions) =>
            new ProblemDetailsFilter(host, redirectPages),
        },
        { provide: DELIVERY_SUBJECT, useClass: DeliveryConnection },
        ...OPTION_SLICES,
        ...WING_PROVIDERS,
        ...EXPORTED,
        ...INTERNAL,
      ],
      exports: EXPORTED,
    };
  }
}
