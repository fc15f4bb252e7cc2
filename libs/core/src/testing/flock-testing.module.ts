import { HttpService } from '@nestjs/axios';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost, Reflector } from '@nestjs/core';
import { ConnectionClients } from '../token/api/connection-clients.js';
import type { ConnectionRef } from '../provider/connection-ref.js';
import type { AccountDirectory } from '../token/account-directory.js';
import { ConnectionService } from '../lifecycle/connection.service.js';
import { ProblemDetailsFilter } from '../foundation/errors/problem-details.filter.js';
import { ConnectionGuardService } from '../nest/guard/connection-guard.service.js';
import type { OwnOrigins } from '../nest/guard/own-origins.js';
import { ProviderRegistry } from '../provider/provider.registry.js';
import type { SessionService } from '../install/session/session.service.js';
import { TaskService } from '../inbox/task.service.js';
import { FlockMetrics } from '../foundation/telemetry/flock.metrics.js';
import { TokenService } from '../token/token.service.js';
import { testApp } from './test-app.js';
import { TestConnections } from './test-connections.js';
import type { TestConnection } from './test-connections.js';
import { respondingHttp } from './responding-http.js';
import type { Responder } from './responding-http.js';

export interface FlockTestingOptions {
  /** The connections there are; a guarded request acts for the only one of its provider. */
  readonly connections: readonly TestConnection[];
  /** Answers calls of `XApi`; default 501. */
  readonly respond?: Responder;
}

const NO_TASKS: Pick<TaskService, 'schedule' | 'emit'> = {
  schedule: () => Promise.resolve(true),
  emit: () => Promise.resolve(true),
};

/**
 * Stands in for `FlockModule` and the provider modules in a host's own tests: no database, no HTTP, no
 * credentials. Give the module under test the provider's `XApi` if it injects one, and with another class
 * of the provider its `XHandle`.
 */
@Module({})
export class FlockTestingModule {
  static forRoot(options: FlockTestingOptions): DynamicModule {
    const connections = new TestConnections(options.connections);
    const registry = new ProviderRegistry();
    for (const { provider, name } of connections.apps()) {
      registry.add(
        testApp(provider, name, (place) =>
          connections.list({ ...place }).map(({ id }): ConnectionRef => id),
        ),
      );
    }
    const http = respondingHttp(options.respond) as unknown as HttpService;
    const tokens = connections.asTokenService(registry);
    return {
      module: FlockTestingModule,
      global: true,
      providers: [
        { provide: TestConnections, useValue: connections },
        { provide: TokenService, useValue: tokens },
        // Nothing is scheduled: call the handlers of a test yourself, with `testDelivery`.
        { provide: TaskService, useValue: NO_TASKS },
        { provide: ConnectionService, useValue: connections.asConnectionService() },
        { provide: ProviderRegistry, useValue: registry },
        {
          provide: ConnectionClients,
          useFactory: () => new ConnectionClients(registry, http, tokens as TokenService),
        },
        {
          provide: ConnectionGuardService,
          inject: [Reflector, HttpAdapterHost],
          useFactory: (reflector: Reflector, adapterHost: HttpAdapterHost) =>
            new ConnectionGuardService(
              reflector,
              adapterHost,
              registry,
              // Never asked: the test app resolves its connections itself.
              {} as SessionService,
              connections.asStatusService(registry),
              {} as OwnOrigins,
              new FlockMetrics(),
              {} as AccountDirectory,
            ),
        },
        {
          provide: APP_FILTER,
          inject: [HttpAdapterHost],
          useFactory: (host: HttpAdapterHost) => new ProblemDetailsFilter(host, false),
        },
      ],
      exports: [
        TokenService,
        TaskService,
        ConnectionService,
        ProviderRegistry,
        ConnectionClients,
        ConnectionGuardService,
        TestConnections,
      ],
    };
  }
}
