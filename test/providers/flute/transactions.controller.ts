import { Controller, Get, UseGuards } from '@nestjs/common';
import { CurrentConnection, UseApp, UseEnvironment } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { FluteApi, FluteGuard } from '@nest-flock/flute';

/** A host's controller, as a team would write it. */
@Controller('transactions')
@UseGuards(FluteGuard)
export class TransactionsController {
  constructor(private readonly flute: FluteApi) {}

  @Get()
  list(@CurrentConnection() connection: Connection): Promise<string> {
    return this.first(connection);
  }

  @Get('sandbox')
  @UseEnvironment('sandbox')
  sandbox(@CurrentConnection() connection: Connection): Promise<string> {
    return this.first(connection);
  }

  @Get('production')
  @UseEnvironment('production')
  production(@CurrentConnection() connection: Connection): Promise<string> {
    return this.first(connection);
  }

  private async first(connection: Connection): Promise<string> {
    for await (const one of this.flute.pages<{ transactionId: string }>(
      connection,
      '/v2/transactions',
      { pageSize: 1 },
    )) {
      return one.transactionId;
    }
    return 'none';
  }
}

/** One controller for each of two registrations. */
@Controller('two')
@UseGuards(FluteGuard)
@UseEnvironment('sandbox')
export class TwoAppsController {
  @Get('flute')
  @UseApp('flute')
  one(@CurrentConnection() connection: Connection): string {
    return connection.app;
  }

  @Get('eu')
  @UseApp('eu')
  other(@CurrentConnection() connection: Connection): string {
    return connection.app;
  }
}
