import { Controller, Get, UseGuards } from '@nestjs/common';
import { CurrentConnection, RequireScopes } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { FlintApi, FlintGuard } from '@nest-flock/flint';

/** A scope that the app never asks for: the guard refuses and says which one is missing. */
@Controller('payments')
@UseGuards(FlintGuard)
export class PaymentsController {
  constructor(private readonly flint: FlintApi) {}

  @Get()
  @RequireScopes('payments.payment_intents.read')
  async list(@CurrentConnection() connection: Connection): Promise<unknown> {
    return (await this.flint.for(connection).get('/v1/payment-intents')).data;
  }
}
