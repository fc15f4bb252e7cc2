import { Inject, Injectable, Logger } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { WebhookSecrets } from '@nest-flock/core';
import { FlintPartnerApps } from '@nest-flock/flint/administration';
import type { Sandbox } from '@nest-flock/sandbox';
import { ORDER_EVENTS } from '../flint/administration/order-events.js';
import { HOST } from '../host.js';
import type { Host } from '../host.js';
import { SANDBOX } from './sandbox.token.js';

/**
 * Has the emulated Flint tell this host, so that there is something to see without a manual step: one
 * webhook for installs and their ends, one for the merchants' orders.
 */
@Injectable()
export class FlintWebhookSetup implements OnApplicationBootstrap {
  private readonly logger = new Logger('Host');

  constructor(
    private readonly partnerApps: FlintPartnerApps,
    private readonly secrets: WebhookSecrets,
    @Inject(SANDBOX) private readonly sandbox: Sandbox,
    @Inject(HOST) private readonly host: Host,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.sandbox.flint.webhookEndpoints.length > 0) return;
    const url = `${this.host.url}/flint/webhooks`;
    try {
      // Those of a sandbox that is gone would be tried for years.
      await this.secrets.clear({ provider: 'flint' });
      await this.partnerApps.createWebhook({ url, sourceType: 'app' });
      await this.partnerApps.createWebhook({
        url,
        sourceType: 'installed_merchants',
        eventTypes: ORDER_EVENTS,
        mode: 'both',
      });
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown error';
      this.logger.warn(`Flint sends no webhooks here: ${why}`);
    }
  }
}
