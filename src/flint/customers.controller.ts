import { Controller, Get, UseGuards } from '@nestjs/common';
import { CurrentConnection, RequireScopes } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { FlintApi, FlintGuard } from '@nest-flock/flint';

/** A scope that the merchant may leave out at the install. */
@Controller('customers')
@UseGuards(FlintGuard)
export class CustomersController {
  constructor(private readonly flint: FlintApi) {}

  @Get()
  @RequireScopes('customers.customers.read')
  async list(@CurrentConnection() connection: Connection): Promise<unknown> {
    return (await this.flint.for(connection).get('/v1/customers')).data;
  }
}
