import { Controller, HttpCode, Inject, Post, UseGuards } from '@nestjs/common';
import { CurrentConnection } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { FyndGuard } from '@nest-flock/fynd';
import type { Sandbox } from '@nest-flock/sandbox';
import { PRODUCT_CREATED } from './fynd-subscription.js';
import { SANDBOX } from './sandbox.token.js';
import { sentView } from './sent.view.js';
import type { SentView } from './sent.view.js';

/** What happens at Fynd to the company of a launch. */
@Controller('sandbox/fynd')
@UseGuards(FyndGuard)
export class FyndEventsController {
  constructor(@Inject(SANDBOX) private readonly sandbox: Sandbox) {}

  @Post('product')
  @HttpCode(200)
  async product(@CurrentConnection() { merchant }: Connection): Promise<SentView> {
    const sent = await this.sandbox.fynd.emit({
      company_id: Number(merchant),
      event: PRODUCT_CREATED,
      payload: { product: { uid: 7, name: 'Linen shirt' } },
    });
    return sentView('product created', sent);
  }

  /** The company removes the extension; `POST /fp/uninstall` tells this host. */
  @Post('uninstall')
  @HttpCode(200)
  uninstall(@CurrentConnection() { merchant }: Connection): Record<string, string> {
    this.sandbox.fynd.uninstall(Number(merchant));
    return {
      event: 'POST /fp/uninstall',
      'what follows': 'It is not signed, so Fynd itself is asked: within about a minute.',
    };
  }
}
