import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { FluteModule } from '@nest-flock/flute';
import { TransactionsController } from './transactions.controller.js';

/** What is not given here comes from `FLUTE_*`. */
export type FluteSettings = NonNullable<Parameters<typeof FluteModule.forRoot>[0]>;

/** What this host does with Flute. */
@Module({})
export class FluteFeature {
  static forRoot(settings: FluteSettings): DynamicModule {
    return {
      module: FluteFeature,
      imports: [FluteModule.forRoot(settings)],
      controllers: [TransactionsController],
    };
  }
}
