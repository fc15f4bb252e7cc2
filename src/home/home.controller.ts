import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { HttpRequest } from '@nest-flock/core';
import { randomBytes } from 'node:crypto';
import { HOST } from '../host.js';
import type { Host } from '../host.js';
import { newVisitor, visitorOf } from '../visitor/visitor.js';
import { renderHome } from './home.page.js';

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
    const nonce = randomBytes(16).toString('base64');
    adapter.setHeader(response, 'Content-Type', 'text/html; charset=utf-8');
    adapter.setHeader(response, 'Cache-Control', 'no-store');
    adapter.setHeader(
      response,
      'Content-Security-Policy',
      `default-src 'none'; connect-src 'self'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
    );
    adapter.reply(response, renderHome(nonce, this.host), 200);
  }
}
