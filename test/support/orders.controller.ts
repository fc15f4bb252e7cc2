import { All, Controller, Get, Post, UseGuards } from '@nestjs/common';
import { CurrentConnection, RequireScopes, UseEnvironment } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { FlintApi, FlintGuard } from '@nest-flock/flint';

/** A host's controller, as a team would write it. */
@Controller('orders')
@UseGuards(FlintGuard)
@RequireScopes('commerce.orders.read')
export class OrdersController {
  constructor(private readonly flint: FlintApi) {}

  @Get()
  async list(@CurrentConnection() connection: Connection): Promise<unknown> {
    return (await this.flint.for(connection).get('/v1/orders')).data;
  }

  @Get('of/:connectionId')
  chosen(@CurrentConnection() connection: Connection): Promise<unknown> {
    return this.list(connection);
  }

  @Get('live')
  @UseEnvironment('live')
  live(@CurrentConnection() connection: Connection): Promise<unknown> {
    return this.list(connection);
  }

  @Get('customers')
  @RequireScopes('customers.customers.read')
  async customers(@CurrentConnection() connection: Connection): Promise<unknown> {
    return (await this.flint.for(connection).get('/v1/customers')).data;
  }

  @Get('unscoped-customers')
  @RequireScopes()
  unscoped(@CurrentConnection() connection: Connection): Promise<unknown> {
    return this.customers(connection);
  }

  @Get('and-customers')
  @RequireScopes('commerce.orders.read', 'customers.customers.read')
  both(@CurrentConnection() connection: Connection): Promise<unknown> {
    return this.list(connection);
  }

  @All('any')
  any(@CurrentConnection() connection: Connection): { for: string } {
    return this.create(connection);
  }

  @Post()
  create(@CurrentConnection() connection: Connection): { for: string } {
    return { for: connection.account };
  }
}
