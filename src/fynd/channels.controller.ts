import { Controller, Get, Header, UseGuards } from '@nestjs/common';
import { CurrentConnection, RequireScopes } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { FyndApi, FyndGuard, UseOfflineAccess } from '@nest-flock/fynd';

interface Channels {
  readonly items?: readonly {
    readonly _id: string;
    readonly name?: string;
    readonly domain?: { readonly name?: string };
  }[];
}

/** A sales channel as the page shows it. */
export interface ChannelView {
  readonly name?: string;
  readonly domain?: string;
  readonly channel: string;
}

@Controller('fynd/channels')
@UseGuards(FyndGuard)
@RequireScopes('company/saleschannel')
export class ChannelsController {
  constructor(private readonly fynd: FyndApi) {}

  /** With the rights of the person who launched the extension. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async mine(@CurrentConnection() connection: Connection): Promise<ChannelView[]> {
    const path = `/service/platform/configuration/v1.0/company/${connection.merchant}/application`;
    const { data } = await this.fynd.for(connection).get<Channels>(path);
    return (data.items ?? []).map(({ _id, name, domain }) => ({
      name,
      domain: domain?.name,
      channel: _id,
    }));
  }

  /** With the company's own rights. */
  @Get('company')
  @Header('Cache-Control', 'no-store')
  @UseOfflineAccess()
  ofCompany(@CurrentConnection() connection: Connection): Promise<ChannelView[]> {
    return this.mine(connection);
  }
}
