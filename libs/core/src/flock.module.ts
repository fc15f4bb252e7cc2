import { HttpService } from '@nestjs/axios';
import { Module } from '@nestjs/common';
import type { DynamicModule, InjectionToken, ModuleMetadata } from '@nestjs/common';
import { APP_FILTER, DiscoveryModule, HttpAdapterHost } from '@nestjs/core';
import { SchedulerRegistry } from '@nestjs/schedule';
import axios from 'axios';
import { ConnectionClients } from './api/connection-clients.js';
import { AuditService } from './audit/audit.service.js';
import { AccountDirectory } from './connections/account-directory.js';
import { CacheEntryFactory } from './connections/cache-entry.factory.js';
import { ChangeFeed } from './connections/change-feed.js';
import { ConfiguredConnections } from './connections/configured-connections.js';
import { ConnectionCache } from './connections/connection.cache.js';
import { ConnectionReader } from './connections/connection.reader.js';
import { ConnectionService } from './connections/connection.service.js';
import { ConnectionStatusService } from './connections/connection-status.service.js';
import { DatabaseClock } from './connections/database-clock.js';
import { Database } from './database/database.js';
import { Deployment } from './deployment/deployment.js';
import { TokenCheck } from './deployment/token-check.js';
import { DeliveryConnection } from './deliveries/delivery-connection.js';
import { DeliveryHandlers } from './deliveries/delivery-handlers.js';
import { DeliveryPolicyHolder } from './deliveries/delivery-policy.holder.js';
import { DeliveryDispatcher } from './deliveries/delivery.dispatcher.js';
import { DeliveryService } from './deliveries/delivery.service.js';
import { DeliveryStore } from './deliveries/delivery.store.js';
import { DueDeliveries } from './deliveries/due-deliveries.js';
import { TaskService } from './deliveries/task.service.js';
import { ProblemDetailsFilter } from './errors/problem-details.filter.js';
import { Fleet } from './fleet/fleet.js';
import { FlockLifecycle } from './flock.lifecycle.js';
import { FLOCK_OPTIONS, readFlockOptions } from './flock.options.js';
import type { FlockOptions, ReadFlockOptions } from './flock.options.js';
import { ConnectionGuardService } from './guards/connection-guard.service.js';
import { GuardedRoutes } from './guards/guarded-routes.js';
import { OwnOrigins } from './guards/own-origins.js';
import { axiosProxy } from './http/axios-proxy.js';
import { TokenTransport } from './http/token-transport.js';
import { UndiciTokenTransport } from './http/undici-token-transport.js';
import { AttemptRecognition } from './install/attempt-recognition.js';
import { AuthorizationService } from './install/authorization.service.js';
import { InstallCompletion } from './install/install-completion.js';
import { AuthorizationRequestStore } from './install/authorization-request.store.js';
import { CodeExchange } from './install/code-exchange.js';
import { InstallService } from './install/install.service.js';
import { InstalledConnectionStore } from './install/installed-connection.store.js';
import { InstalledHooks } from './install/installed-hooks.js';
import { LiveSession } from './install/live-session.js';
import { MountedRoutes } from './install/mounted-routes.js';
import { ConnectionCheck } from './lifecycle/connection-check.js';
import { ConnectionWithdrawal } from './lifecycle/connection-withdrawal.js';
import { InstalledHint } from './lifecycle/installed.hint.js';
import { LifecycleHandler } from './lifecycle/lifecycle.handler.js';
import { UninstalledHint } from './lifecycle/uninstalled.hint.js';
import { ProviderRegistry } from './providers/provider.registry.js';
import { JobStore } from './reconciliation/job.store.js';
import { Reconciliation } from './reconciliation/reconciliation.service.js';
import { CircuitService } from './refresh/circuit.service.js';
import { RefreshAttemptService } from './refresh/refresh-attempt.service.js';
import { RefreshPolicyHolder } from './refresh/refresh-policy.holder.js';
import { DueConnections } from './refresh/due-connections.js';
import { RefreshScheduler } from './refresh/refresh.scheduler.js';
import { RefreshService } from './refresh/refresh.service.js';
import { RenewalRequests } from './refresh/renewal-request.js';
import { RescueService } from './refresh/rescue.service.js';
import { Takeover } from './refresh/takeover.js';
import { TokenSender } from './refresh/token-sender.js';
import { TokenStore } from './refresh/token-store.service.js';
import { RevocationService } from './revocation/revocation.service.js';
import { KeySource } from './sealing/key-source.js';
import { Resealer } from './sealing/resealer.js';
import { SealedValues } from './sealing/sealed-values.js';
import { SealingService } from './sealing/sealing.service.js';
import { SessionService } from './session/session.service.js';
import { FlockHealthIndicator } from './telemetry/flock.health.js';
import { FlockMetrics } from './telemetry/flock.metrics.js';
import { HintReceiver } from './webhooks/hint.receiver.js';
import { WebhookReceiver } from './webhooks/webhook.receiver.js';
import { WebhookSecrets } from './webhooks/webhook-secrets.service.js';
import { OneTimeTokens } from './tokens/one-time-token.service.js';
import { TokenService } from './tokens/token.service.js';

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
  CodeExchange,
  ConfiguredConnections,
  ConnectionCache,
  ConnectionReader,
  ConnectionCheck,
  ConnectionStatusService,
  ConnectionWithdrawal,
  Database,
  DatabaseClock,
  DeliveryConnection,
  DeliveryDispatcher,
  DeliveryHandlers,
  DeliveryPolicyHolder,
  DeliveryStore,
  Deployment,
  DueDeliveries,
  FlockLifecycle,
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
  RefreshAttemptService,
  RefreshPolicyHolder,
  DueConnections,
  RefreshScheduler,
  RefreshService,
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
        ...EXPORTED,
        ...INTERNAL,
      ],
      exports: EXPORTED,
    };
  }
}
