import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { FlinksPayModule } from '@nest-flock/flinks-pay';
import { SessionsController } from './sessions.controller.js';

/** What is not given here comes from `FLINKS_PAY_*`. */
export type FlinksPaySettings = NonNullable<Parameters<typeof FlinksPayModule.forRoot>[0]>;

/** What this host does with FlinksPay. */
@Module({})
export class FlinksPayFeature {
  static forRoot(settings: FlinksPaySettings): DynamicModule {
    return {
      module: FlinksPayFeature,
      imports: [FlinksPayModule.forRoot(settings)],
      controllers: [SessionsController],
    };
  }
}
