import { Controller, Get, UseGuards } from '@nestjs/common';
import { CurrentConnection, RequireScopes } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { FlintApi, FlintGuard } from '@nest-flock/flint';

/** What a team writes: a guard, a scope, and a call as the merchant of the request. */
@Controller('orders')
@UseGuards(FlintGuard)
export class OrdersController {
  constructor(private readonly flint: FlintApi) {}

  @Get()
  @RequireScopes('commerce.orders.read')
  async list(@CurrentConnection() connection: Connection): Promise<unknown> {
    return (await this.flint.for(connection).get('/v1/orders')).data;
  }
}
