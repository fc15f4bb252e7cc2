import { Controller, Get, Post, UseGuards } from '@nestjs/common';
import { CurrentConnection, RequireScopes, SkipConnection } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { FyndApi, FyndGuard, FyndSession, UseOfflineAccess } from '@nest-flock/fynd';

const channels = (connection: Connection): string =>
  `/service/platform/configuration/v1.0/company/${connection.merchant}/application`;

@Controller()
@UseGuards(FyndGuard)
export class FyndController {
  constructor(
    private readonly fynd: FyndApi,
    private readonly session: FyndSession,
  ) {}

  @Get('channels')
  @RequireScopes('company/saleschannel')
  async channels(@CurrentConnection() connection: Connection) {
    const { data } = await this.fynd.for(connection).get(channels(connection));
    return { account: connection.account, ...this.session.of(connection), data };
  }

  @Get('channels/all')
  @UseOfflineAccess()
  all(@CurrentConnection() connection: Connection) {
    return this.channels(connection);
  }

  @Get('products')
  @RequireScopes('company/product')
  products(@CurrentConnection() connection: Connection) {
    return { account: connection.account };
  }

  @Get('company')
  async company(@CurrentConnection() connection: Connection) {
    return { account: (await this.session.company(connection)).account };
  }

  @Post('sign-out')
  async signOut(@CurrentConnection() connection: Connection) {
    await this.session.end(connection);
    return {};
  }

  @Get('shops/:companyId')
  shop(@CurrentConnection() connection: Connection) {
    return this.session.of(connection);
  }

  @Get('company/:id')
  @SkipConnection()
  page() {
    return { page: 'extension' };
  }
}
