import { Controller, Get, Inject, Post, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { HttpRequest } from '../foundation/http/request.js';
import { ConnectionService } from '../lifecycle/connection.service.js';
import { ConnectionGuardService } from '../nest/guard/connection-guard.service.js';
import type { InstallAnswer } from './install-answer.js';
import { pageHeaders } from './install-page.js';
import { InstallService } from './install.service.js';

export interface InstallRoutes {
  /** Such as `flint`. */
  readonly path: string;
  /** Below `path`. */
  readonly install: string;
  readonly callback: string;
  readonly disconnect: string;
}

/**
 * The routes of one registration. A class per registration, so that two apps have two paths and
 * nothing is written onto a shared class. Answers are sent directly: no interceptor of the host
 * wraps a redirect or a page.
 */
export function createInstallController(
  provider: string,
  app: string,
  routes: InstallRoutes,
  decorators: readonly ClassDecorator[],
): Type {
  @Controller({ path: routes.path, version: VERSION_NEUTRAL })
  class InstallController {
    constructor(
      @Inject(InstallService) private readonly installs: InstallService,
      @Inject(ConnectionService) private readonly connections: ConnectionService,
      @Inject(ConnectionGuardService) private readonly guard: ConnectionGuardService,
      @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    ) {}

    @Get(routes.install)
    async install(@Req() request: HttpRequest, @Res() response: unknown): Promise<void> {
      this.send(response, await this.installs.begin(provider, app, request));
    }

    @Get(routes.callback)
    async callback(@Req() request: HttpRequest, @Res() response: unknown): Promise<void> {
      this.send(response, await this.installs.complete(provider, app, request));
    }

    @Post(routes.disconnect)
    async disconnect(@Req() request: HttpRequest, @Res() response: unknown): Promise<void> {
      const { adapter } = this;
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

    private get adapter() {
      return this.adapterHost.httpAdapter;
    }

    private send(response: unknown, answer: InstallAnswer): void {
      const { adapter } = this;
      for (const cookie of answer.cookies) adapter.appendHeader?.(response, 'Set-Cookie', cookie);
      if (answer.kind === 'redirect') {
        adapter.setHeader(response, 'Cache-Control', 'no-store');
        adapter.setHeader(response, 'Referrer-Policy', 'no-referrer');
        adapter.redirect(response, 303, answer.location);
        return;
      }
      for (const [name, value] of Object.entries(pageHeaders(answer.frameAncestors)))
        adapter.setHeader(response, name, value);
      if (answer.retryAfterSeconds !== undefined) {
        adapter.setHeader(response, 'Retry-After', String(answer.retryAfterSeconds));
      }
      adapter.reply(response, answer.html, answer.status);
    }
  }
  for (const decorate of decorators) decorate(InstallController);
  return InstallController;
}
