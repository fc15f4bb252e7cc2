import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { FlexPayModule } from '@nest-flock/flex-pay';
import { CheckoutController } from './checkout.controller.js';
import { ReturnController } from './return.controller.js';

/** What is not given here comes from `FLEX_PAY_*`. */
export type FlexPaySettings = NonNullable<Parameters<typeof FlexPayModule.forRoot>[0]>;

/** What this host does with Flex Pay. */
@Module({})
export class FlexPayFeature {
  static forRoot(settings: FlexPaySettings): DynamicModule {
    return {
      module: FlexPayFeature,
      imports: [FlexPayModule.forRoot(settings)],
      controllers: [CheckoutController, ReturnController],
    };
  }
}
