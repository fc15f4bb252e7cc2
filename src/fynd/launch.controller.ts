import { Controller, Get, Header, HttpCode, Post, UseFilters, UseGuards } from '@nestjs/common';
import { CurrentConnection } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { FyndGuard, FyndSession } from '@nest-flock/fynd';
import { viewOf } from '../connections/connection.view.js';
import type { ConnectionView } from '../connections/connection.view.js';
import { NobodyFilter } from './nobody.filter.js';

/** Who has launched the extension in this browser. */
export interface LaunchView {
  /** By this host's clock. */
  readonly now: number;
  readonly launch: {
    readonly companyId: string;
    readonly userId?: string;
    /** The person's connection, which ends with the session. */
    readonly person: ConnectionView;
    /** The company's own, which is renewed. */
    readonly company: ConnectionView;
  };
}

@Controller('fynd/launch')
@UseGuards(FyndGuard)
export class LaunchController {
  constructor(private readonly session: FyndSession) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  @UseFilters(NobodyFilter)
  async show(@CurrentConnection() connection: Connection): Promise<LaunchView> {
    const company = await this.session.company(connection);
    return {
      now: Date.now(),
      launch: {
        ...this.session.of(connection),
        person: viewOf(connection),
        company: viewOf(company),
      },
    };
  }

  /** Erases the person's token; the company stays connected. */
  @Post('end')
  @HttpCode(200)
  async end(@CurrentConnection() connection: Connection): Promise<object> {
    await this.session.end(connection);
    return {};
  }
}
