import type { Provider } from '@nestjs/common';
import { ConnectionWing } from '../connection/connection.wing.js';
import { FoundationWing } from '../foundation/foundation.wing.js';
import type { Wing } from '../foundation/wing.js';
import { InboxWing } from '../inbox/inbox.wing.js';
import { InstallWing } from '../install/install.wing.js';
import { LifecycleWing } from '../lifecycle/lifecycle.wing.js';
import { TokenWing } from '../token/token.wing.js';
import { WebhookWing } from '../webhook/webhook.wing.js';
import { NestWing } from './nest.wing.js';

export const WINGS = Symbol('nest-flock:wings');

/** In the order in which they start; they close the other way round. */
const ORDER = [
  FoundationWing,
  InboxWing,
  ConnectionWing,
  TokenWing,
  LifecycleWing,
  InstallWing,
  WebhookWing,
  NestWing,
];

export const WING_PROVIDERS: readonly Provider[] = [
  ...ORDER,
  { provide: WINGS, inject: ORDER, useFactory: (...wings: readonly Wing[]) => wings },
];
