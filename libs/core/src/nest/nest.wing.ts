import { Inject, Injectable } from '@nestjs/common';
import type { Wing } from '../foundation/wing.js';
import { DeliveryHandlers } from '../inbox/delivery-handlers.js';
import { FLOCK_OPTIONS } from './flock.options.js';
import type { ReadFlockOptions } from './flock.options.js';
import { GuardedRoutes } from './guard/guarded-routes.js';
import { OwnOrigins } from './guard/own-origins.js';
import { MountedRoutes } from './mounted-routes.js';

/** The host's app is as the options say: its origin, its routes, its handlers. */
@Injectable()
export class NestWing implements Wing {
  constructor(
    @Inject(FLOCK_OPTIONS) private readonly read: ReadFlockOptions,
    private readonly origins: OwnOrigins,
    private readonly routes: MountedRoutes,
    private readonly guarded: GuardedRoutes,
    private readonly handlers: DeliveryHandlers,
  ) {}

  start(): void {
    this.origins.configure(this.read.options.publicUrl);
  }

  ready(): void {
    this.routes.assertMounted();
    this.guarded.assertClear();
    this.handlers.discover();
  }
}
