import { Inject, Injectable } from '@nestjs/common';
import { OnConnection } from '@nest-flock/core';
import type { Delivery } from '@nest-flock/core';
import { FyndWebhooks } from '@nest-flock/fynd';
import { HOST } from '../host.js';
import type { Host } from '../host.js';

export const PRODUCT_CREATED = {
  category: 'company',
  name: 'product',
  type: 'create',
  version: '1',
} as const;

/** A company that has connected tells this host of new products. */
@Injectable()
export class FyndSubscription {
  constructor(
    private readonly webhooks: FyndWebhooks,
    @Inject(HOST) private readonly host: Host,
  ) {}

  @OnConnection('connected', { provider: 'fynd', name: 'fynd-subscription' })
  async subscribe({ connection }: Delivery): Promise<void> {
    // A person's connection ends with the session; the company's own is called as the company.
    if (connection === undefined || connection.account !== connection.merchant) return;
    await this.webhooks.sync(connection, {
      url: `${this.host.url}/fp/webhooks`,
      events: [PRODUCT_CREATED],
      notificationEmail: 'operator@example.com',
    });
  }
}
