import { Controller, Get, Header, Req } from '@nestjs/common';
import { ConnectionService } from '@nest-flock/core';
import type { HttpRequest } from '@nest-flock/core';
import { visitorOf } from '../visitor/visitor.js';

/** What the page shows of a connection; there is no token in it. */
export interface ConnectionView {
  readonly id: string;
  readonly environment: string;
  readonly merchant?: string;
  readonly scopes: readonly string[];
  readonly status: string;
  readonly reason?: string;
  /** Epoch milliseconds. */
  readonly expiresAt?: number;
}

@Controller('connections')
export class ConnectionsController {
  constructor(private readonly connections: ConnectionService) {}

  /** The visitor's own connections. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async list(@Req() request: HttpRequest): Promise<{ now: number; connections: ConnectionView[] }> {
    const owner = visitorOf(request);
    if (owner === undefined) return { now: Date.now(), connections: [] };
    const { connections } = await this.connections.find({ owner, provider: 'flint' });
    const views = connections
      .filter(({ reason }) => reason !== 'superseded')
      .map(({ id, environment, merchant, scopes, status, reason, expiresAt }) => ({
        id,
        environment,
        ...(merchant !== undefined && { merchant }),
        scopes,
        status,
        ...(reason !== undefined && { reason }),
        ...(expiresAt !== undefined && { expiresAt: expiresAt.getTime() }),
      }));
    return { now: Date.now(), connections: views };
  }
}
