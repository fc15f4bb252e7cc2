import { Controller, Get, Inject, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { HttpRequest } from '../foundation/http/request.js';
import type { InstallAnswer } from './install-answer.js';
import { pageHeaders } from './install-page.js';
import { InstallService } from './install.service.js';

export interface InstallRoutes {
  /** Such as `flint`. */
  readonly path: string;
  /** Below `path`. */
  readonly install: string;
  readonly callback: string;
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

    private send(response: unknown, answer: InstallAnswer): void {
      const adapter = this.adapterHost.httpAdapter;
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
