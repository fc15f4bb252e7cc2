import { Body, Controller, Get, Param, Post, UseGuards } from '@nestjs/common';
import { CurrentConnection } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { FlinksPayGuard, FlinksPayService } from '@nest-flock/flinks-pay';
import type {
  FlinksPayPayment,
  FlinksPaySession,
  FlinksPaySessionStart,
} from '@nest-flock/flinks-pay';

/** A host's controller, as a team would write it. */
@Controller('payments')
@UseGuards(FlinksPayGuard)
export class PayController {
  constructor(private readonly flinksPay: FlinksPayService) {}

  @Post()
  create(
    @Body() body: FlinksPaySessionStart,
    @CurrentConnection() connection: Connection,
  ): Promise<FlinksPaySession> {
    return this.flinksPay.createSession(body, { connection });
  }

  @Get(':requestId')
  status(
    @Param('requestId') requestId: string,
    @CurrentConnection() connection: Connection,
  ): Promise<FlinksPayPayment> {
    return this.flinksPay.paymentStatus(requestId, { connection });
  }
}
