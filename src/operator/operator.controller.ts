import { Controller, Get, Inject, Res, UseGuards } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { sendPage } from '../home/send-page.js';
import { HOST } from '../host.js';
import type { Host } from '../host.js';
import { OperatorGuard } from './operator.guard.js';
import { renderOperator } from './operator.page.js';

/** The page of whoever runs this host. What it shows it asks for. */
@Controller('operator')
@UseGuards(OperatorGuard)
export class OperatorController {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @Inject(HOST) private readonly host: Host,
  ) {}

  @Get()
  show(@Res() response: unknown): void {
    sendPage(this.adapterHost.httpAdapter, response, {
      render: (nonce) => renderOperator(nonce, this.host),
    });
  }
}
