import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { Sandbox } from '@nest-flock/sandbox';
import { FlintEventsController } from './flint-events.controller.js';
import { FlintWebhookSetup } from './flint-webhook.setup.js';
import { FluteWebhookSetup } from './flute-webhook.setup.js';
import { FyndEventsController } from './fynd-events.controller.js';
import { FyndSubscription } from './fynd-subscription.js';
import { OrderFailureController } from './order-failure.controller.js';
import { OrderFailure } from './order-failure.js';
import { SANDBOX } from './sandbox.token.js';

/** Buttons that make something happen at the emulated providers; not there without a sandbox. */
@Module({})
export class SandboxEventsFeature {
  static forRoot(sandbox: Sandbox): DynamicModule {
    return {
      module: SandboxEventsFeature,
      // The order handler looks for its switch.
      global: true,
      controllers: [FlintEventsController, FyndEventsController, OrderFailureController],
      providers: [
        { provide: SANDBOX, useValue: sandbox },
        OrderFailure,
        FlintWebhookSetup,
        FluteWebhookSetup,
        FyndSubscription,
      ],
      exports: [OrderFailure],
    };
  }
}
