import { Controller, Get, Header, Inject, Req } from '@nestjs/common';
import { ConnectionService } from '@nest-flock/core';
import type { Connection, HttpRequest } from '@nest-flock/core';
import { HOST } from '../host.js';
import type { Host } from '../host.js';
import { visitorOf } from '../visitor/visitor.js';
import { viewOf } from './connection.view.js';
import type { ConnectionView } from './connection.view.js';

/** Providers whose credentials are this app's own, so that every visitor acts with the same. */
const SHARED = ['flinks-pay', 'flute', 'flex-pay'] as const;
/** Of each provider; a page shows no more. */
const LIMIT = 12;

@Controller('connections')
export class ConnectionsController {
  constructor(
    private readonly connections: ConnectionService,
    @Inject(HOST) private readonly host: Host,
  ) {}

  /** The visitor's own connections, and the accounts of the app. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async list(@Req() request: HttpRequest): Promise<{ now: number; connections: ConnectionView[] }> {
    const owner = visitorOf(request);
    const found = owner === undefined ? [] : [await this.own(owner), ...(await this.shared())];
    const connections = found
      .flat()
      .filter(({ reason }) => reason !== 'superseded')
      .map(viewOf);
    return { now: Date.now(), connections };
  }

  private async own(owner: string): Promise<readonly Connection[]> {
    const { connections } = await this.connections.find({ owner, provider: 'flint' });
    // One that ended is shown until the merchant is back, as another connection.
    return connections.filter(
      (one) =>
        one.status !== 'revoked' ||
        !connections.some((other) => isSamePlace(one, other) && isLater(one, other)),
    );
  }

  private shared(): Promise<readonly (readonly Connection[])[]> {
    const providers = SHARED.filter((provider) => this.host.providers.includes(provider));
    return Promise.all(
      providers.map(
        async (provider) => (await this.connections.find({ provider, limit: LIMIT })).connections,
      ),
    );
  }
}

const isSamePlace = (one: Connection, other: Connection): boolean =>
  one.merchant === other.merchant && one.environment === other.environment;

const isLater = (one: Connection, other: Connection): boolean =>
  other.installedAt > one.installedAt;
