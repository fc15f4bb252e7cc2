import {
  Body,
  Controller,
  Get,
  Header,
  NotFoundException,
  Param,
  Post,
  UseGuards,
} from '@nestjs/common';
import { CurrentConnection } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { FlinksPayGuard, FlinksPayService } from '@nest-flock/flinks-pay';
import type { FlinksPayPayment, FlinksPaySessionStart } from '@nest-flock/flinks-pay';
import { randomUUID } from 'node:crypto';
import { VisitorRecords } from '../visitor/visitor-records.js';
import { Visitor, VisitorGuard } from '../visitor/visitor.guard.js';

/** A session as the page shows it. */
export interface SessionView {
  /** The reference that the dashboard knows the payment by. */
  readonly id: string;
  readonly amount: string;
  readonly requestId?: string;
  /** The hosted page. */
  readonly url?: string;
  readonly status?: string;
}

type Payer = Pick<FlinksPaySessionStart, 'amount' | 'customerName' | 'customerEmail'>;

@Controller('flinks-pay/sessions')
@UseGuards(VisitorGuard, FlinksPayGuard)
export class SessionsController {
  private readonly sessions = new VisitorRecords<SessionView>();

  constructor(private readonly flinksPay: FlinksPayService) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  list(@Visitor() visitor: string): readonly SessionView[] {
    return this.sessions.list(visitor);
  }

  /** The reference is kept before the call: a start without an answer is looked up by it. */
  @Post()
  async start(
    @Body() { amount, customerName, customerEmail }: Payer,
    @CurrentConnection() connection: Connection,
    @Visitor() visitor: string,
  ): Promise<SessionView> {
    const kept = this.sessions.put(visitor, { id: randomUUID(), amount, status: 'not started' });
    const { requestId, url } = await this.flinksPay.createSession(
      { amount, customerName, customerEmail, referenceId: kept.id },
      { connection },
    );
    return this.sessions.put(visitor, { ...kept, requestId, url, status: 'started' });
  }

  @Get(':id/payment')
  @Header('Cache-Control', 'no-store')
  async payment(
    @Param('id') id: string,
    @CurrentConnection() connection: Connection,
    @Visitor() visitor: string,
  ): Promise<FlinksPayPayment> {
    const session = this.sessions.get(visitor, id);
    if (session.requestId === undefined) throw new NotFoundException('It was never started.');
    const payment = await this.flinksPay.paymentStatus(session.requestId, { connection });
    this.sessions.put(visitor, { ...session, status: payment.status });
    return payment;
  }
}
