import { Inject, Injectable, Logger } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { WebhookSecrets } from '@nest-flock/core';
import { FluteWebhooks } from '@nest-flock/flute';
import type { Sandbox } from '@nest-flock/sandbox';
import { HOST } from '../host.js';
import type { Host } from '../host.js';
import { SANDBOX } from './sandbox.token.js';

const ACCOUNT = { environment: 'sandbox', account: 'default' } as const;

/** Has the emulated Flute tell this host of transactions. */
@Injectable()
export class FluteWebhookSetup implements OnApplicationBootstrap {
  private readonly logger = new Logger('Host');

  constructor(
    private readonly secrets: WebhookSecrets,
    private readonly webhooks: FluteWebhooks,
    @Inject(SANDBOX) private readonly sandbox: Sandbox,
    @Inject(HOST) private readonly host: Host,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const tenant = this.webhooks.tenantOf(ACCOUNT);
    const url = `${this.host.url}/flute/webhooks/${tenant}`;
    try {
      // Those of a sandbox that is gone would be tried for years.
      await this.secrets.clear({ provider: 'flute', tenant });
      const { secret } = this.sandbox.flute.addWebhook({ url, environment: ACCOUNT.environment });
      await this.secrets.add({ provider: 'flute', tenant }, secret);
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown error';
      this.logger.warn(`Flute sends no webhooks here: ${why}`);
    }
  }
}
