import { Controller, Get, Inject, NotFoundException, Param, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ProviderRegistry } from '@nest-flock/core/provider';
import { sendPage } from '../home/send-page.js';
import { HOST } from '../host.js';
import type { Host } from '../host.js';
import { renderExtension } from './extension.page.js';

/** Where a launch ends. The page has nothing secret on it: what it shows it asks for. */
@Controller('company')
export class ExtensionController {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly registry: ProviderRegistry,
    @Inject(HOST) private readonly host: Host,
  ) {}

  @Get(':id')
  show(@Param('id') id: string, @Res() response: unknown): void {
    if (!/^[1-9]\d{0,14}$/.test(id)) throw new NotFoundException('There is no such company.');
    const { panelOrigins } = this.registry.only('fynd').options;
    sendPage(this.adapterHost.httpAdapter, response, {
      render: (nonce) => renderExtension(nonce, id, this.host),
      frameAncestors: (panelOrigins as readonly string[]).join(' '),
    });
  }
}
