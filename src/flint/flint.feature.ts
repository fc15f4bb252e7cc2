import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { InstallHooks } from '@nest-flock/core';
import { FlintModule } from '@nest-flock/flint';
import { FlintAdministrationModule } from '@nest-flock/flint/administration';
import { visitorOf } from '../visitor/visitor.js';
import { PartnerAppsController } from './administration/partner-apps.controller.js';
import { FlintWebhooksController } from './administration/webhooks.controller.js';
import { CustomersController } from './customers.controller.js';
import { OrdersController } from './orders.controller.js';
import { OrdersHandler } from './orders.handler.js';
import { PaymentsController } from './payments.controller.js';

/** What is not given here comes from `FLINT_*`. */
export type FlintSettings = NonNullable<Parameters<typeof FlintModule.forRoot>[0]>;

/** A connection belongs to the visitor who made it. */
const hooks: InstallHooks = {
  identify: ({ request }) => {
    const visitor = visitorOf(request);
    return visitor === undefined ? false : { user: visitor, owner: visitor };
  },
  user: visitorOf,
};

/** What this host does with Flint. */
@Module({})
export class FlintFeature {
  static forRoot(settings: FlintSettings): DynamicModule {
    return {
      module: FlintFeature,
      imports: [FlintModule.forRoot({ ...settings, hooks }), FlintAdministrationModule],
      controllers: [
        OrdersController,
        CustomersController,
        PaymentsController,
        PartnerAppsController,
        FlintWebhooksController,
      ],
      providers: [OrdersHandler],
    };
  }
}
