import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { HttpRequest } from '@nest-flock/core';
import { HOST } from '../host.js';
import type { Host } from '../host.js';
import { newVisitor, visitorOf } from '../visitor/visitor.js';
import { renderHome } from './home.page.js';
import { sendPage } from './send-page.js';

@Controller()
export class HomeController {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @Inject(HOST) private readonly host: Host,
  ) {}

  @Get()
  home(@Req() request: HttpRequest, @Res() response: unknown): void {
    const adapter = this.adapterHost.httpAdapter;
    if (visitorOf(request) === undefined) {
      const { cookie } = newVisitor(this.host.url.startsWith('https:'));
      adapter.setHeader(response, 'Set-Cookie', cookie);
    }
    sendPage(adapter, response, { render: (nonce) => renderHome(nonce, this.host) });
  }
}
