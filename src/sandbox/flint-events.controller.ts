import {
  ConflictException,
  Controller,
  HttpCode,
  Inject,
  Param,
  Post,
  UseGuards,
} from '@nestjs/common';
import { CurrentConnection } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { FlintGuard } from '@nest-flock/flint';
import type { Sandbox } from '@nest-flock/sandbox';
import { SANDBOX } from './sandbox.token.js';
import { sentView } from './sent.view.js';
import type { SentView } from './sent.view.js';

const PAID = 'order.paid';

/** What happens at Flint to the merchant of a connection. */
@Controller('sandbox/flint')
@UseGuards(FlintGuard)
export class FlintEventsController {
  constructor(@Inject(SANDBOX) private readonly sandbox: Sandbox) {}

  /** `copies` of one event at once, as a provider sends that got no answer in time. */
  @Post('order/:copies')
  @HttpCode(200)
  async order(
    @CurrentConnection() { merchant, environment }: Connection,
    @Param('copies') copies: string,
  ): Promise<SentView> {
    const sent = await this.sandbox.flint.emit(
      {
        event_type: PAID,
        merchant_id: merchant ?? '',
        mode: environment === 'live' ? 'live' : 'test',
      },
      { copies: copies === 'twice' ? 2 : 1 },
    );
    return sentView(PAID, sent);
  }

  /** The merchant takes the grant back there; nobody tells this host but the webhook. */
  @Post('revoke')
  @HttpCode(200)
  revoke(@CurrentConnection() { account }: Connection): object {
    try {
      this.sandbox.flint.revokeGrant(account);
      return {};
    } catch {
      throw new ConflictException(
        'The sandbox does not know this connection: it was started anew since. Connect again.',
      );
    }
  }
}
