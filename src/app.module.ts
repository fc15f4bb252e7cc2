import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { FlockModule } from '@nest-flock/core';
import type { FlockOptions } from '@nest-flock/core';
import type { Sandbox } from '@nest-flock/sandbox';
import { ConnectionsController } from './connections/connections.controller.js';
import { DeliveriesFeature } from './deliveries/deliveries.feature.js';
import { FlexPayFeature } from './flex-pay/flex-pay.feature.js';
import { FlinksPayFeature } from './flinks-pay/flinks-pay.feature.js';
import { FlintFeature } from './flint/flint.feature.js';
import { FluteFeature } from './flute/flute.feature.js';
import { FyndFeature } from './fynd/fynd.feature.js';
import { HomeController } from './home/home.controller.js';
import { HostModule } from './host.module.js';
import type { Host } from './host.js';
import { OperatorController } from './operator/operator.controller.js';
import type { ProviderSettings } from './providers.js';
import { SandboxEventsFeature } from './sandbox/sandbox-events.feature.js';

@Module({})
export class AppModule {
  static forRoot(
    host: Host,
    settings: ProviderSettings,
    flock: FlockOptions = {},
    sandbox?: Sandbox,
  ): DynamicModule {
    const { flint, fynd, flute } = settings;
    const { 'flinks-pay': flinksPay, 'flex-pay': flexPay } = settings;
    return {
      module: AppModule,
      imports: [
        HostModule.forRoot(host),
        FlockModule.forRoot(flock),
        ...(flint ? [FlintFeature.forRoot(flint)] : []),
        ...(flinksPay ? [FlinksPayFeature.forRoot(flinksPay)] : []),
        ...(fynd ? [FyndFeature.forRoot(fynd)] : []),
        ...(flute ? [FluteFeature.forRoot(flute)] : []),
        ...(flexPay ? [FlexPayFeature.forRoot(flexPay)] : []),
        DeliveriesFeature,
        ...(sandbox ? [SandboxEventsFeature.forRoot(sandbox)] : []),
      ],
      controllers: [HomeController, OperatorController, ConnectionsController],
    };
  }
}
