import { Controller, Inject, Post, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { HttpRequest } from '../foundation/http/request.js';
import { ConnectionService } from '../lifecycle/connection.service.js';
import { ConnectionGuardService } from './guard/connection-guard.service.js';

/** The route by which a merchant ends a connection; a class per registration, like the install routes. */
export function createDisconnectController(
  provider: string,
  app: string,
  path: string,
  decorators: readonly ClassDecorator[],
): Type {
  @Controller({ path, version: VERSION_NEUTRAL })
  class DisconnectController {
    constructor(
      @Inject(ConnectionService) private readonly connections: ConnectionService,
      @Inject(ConnectionGuardService) private readonly guard: ConnectionGuardService,
      @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    ) {}

    @Post('disconnect')
    async disconnect(@Req() request: HttpRequest, @Res() response: unknown): Promise<void> {
      const adapter = this.adapterHost.httpAdapter;
      const { connection, actor } = await this.guard.own(request, provider, app);
      await this.connections.disconnect(connection.id, { actor });
      if ((request.headers.accept ?? '').includes('text/html')) {
        adapter.redirect(response, 303, this.guard.backPath(request));
        return;
      }
      adapter.setHeader(response, 'Cache-Control', 'no-store');
      adapter.setHeader(response, 'Content-Type', 'application/json; charset=utf-8');
      adapter.reply(response, JSON.stringify({ disconnected: connection.id }), 200);
    }
  }
  for (const decorate of decorators) decorate(DisconnectController);
  return DisconnectController;
}
