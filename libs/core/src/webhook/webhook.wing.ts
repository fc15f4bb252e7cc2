import { Injectable } from '@nestjs/common';
import type { Wing } from '../foundation/wing.js';
import { DeliveryHandlers } from '../inbox/delivery-handlers.js';
import { InstalledHint } from './handlers/installed.hint.js';
import { LifecycleHandler } from './handlers/lifecycle.handler.js';
import { UninstalledHint } from './handlers/uninstalled.hint.js';
import { WebhookSecrets } from './webhook-secrets.service.js';

/** What the library itself does about events is among the handlers. */
@Injectable()
export class WebhookWing implements Wing {
  constructor(
    private readonly handlers: DeliveryHandlers,
    private readonly lifecycle: LifecycleHandler,
    private readonly uninstalled: UninstalledHint,
    private readonly installed: InstalledHint,
    private readonly secrets: WebhookSecrets,
  ) {}

  ready(): void {
    for (const one of [this.lifecycle, this.uninstalled, this.installed]) this.handlers.add(one);
  }

  prune(): Promise<void> {
    return this.secrets.prune();
  }
}
