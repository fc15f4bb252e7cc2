import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { FlockModule } from '@nest-flock/core';
import type { FlockOptions, InstallHooks } from '@nest-flock/core';
import { FlintModule } from '@nest-flock/flint';
import { ConnectionsController } from './connections/connections.controller.js';
import { HomeController } from './home/home.controller.js';
import { HOST } from './host.js';
import type { Host } from './host.js';
import { CustomersController } from './shop/customers.controller.js';
import { OrdersController } from './shop/orders.controller.js';
import { PaymentsController } from './shop/payments.controller.js';
import { visitorOf } from './visitor/visitor.js';

/** Flint settings that the sandbox supplies; from the environment otherwise. */
export interface FlintSettings {
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly redirectUri?: string;
  readonly baseUrl?: string;
}

/** A connection belongs to the visitor who made it. */
const hooks: InstallHooks = {
  identify: ({ request }) => {
    const visitor = visitorOf(request);
    return visitor === undefined ? false : { user: visitor, owner: visitor };
  },
  user: visitorOf,
};

@Module({})
export class AppModule {
  static forRoot(host: Host, flint: FlintSettings = {}, flock: FlockOptions = {}): DynamicModule {
    return {
      module: AppModule,
      imports: [FlockModule.forRoot(flock), FlintModule.forRoot({ ...flint, hooks })],
      controllers: [
        HomeController,
        ConnectionsController,
        OrdersController,
        CustomersController,
        PaymentsController,
      ],
      providers: [{ provide: HOST, useValue: host }],
    };
  }
}
