import {
  BadRequestException,
  Body,
  Controller,
  Get,
  Header,
  Post,
  UseGuards,
} from '@nestjs/common';
import { CurrentConnection, UseEnvironment } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { FluteApi, FluteGuard } from '@nest-flock/flute';
import { randomUUID } from 'node:crypto';
import { VisitorGuard } from '../visitor/visitor.guard.js';
import { cardData, isTestCard } from './test-cards.js';
import { viewOf } from './transaction.js';
import type { Transaction, TransactionView } from './transaction.js';

const PATH = '/v2/transactions';
/** Shown in the list. */
const LATEST = 8;
/** Dollars, not cents. */
const PRICE = 12.5;

/** Sandbox alone: whoever opens this host may press the button that pays. */
@Controller('flute/transactions')
@UseGuards(VisitorGuard, FluteGuard)
@UseEnvironment('sandbox')
export class TransactionsController {
  constructor(private readonly flute: FluteApi) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  async list(@CurrentConnection() connection: Connection): Promise<TransactionView[]> {
    return (await this.latest(connection, LATEST)).map(viewOf);
  }

  /** A decline is no error: it is an answer, and says so. */
  @Post()
  async pay(
    @Body('card') card: unknown,
    @CurrentConnection() connection: Connection,
  ): Promise<TransactionView> {
    if (!isTestCard(card)) throw new BadRequestException('card must be approved or declined.');
    const { data } = await this.flute.for(connection).post<Transaction>(PATH, {
      paymentProcessorId: await this.processorId(connection),
      baseAmount: PRICE,
      currencyCode: 'USD',
      // Flute knows a repeated charge by it.
      referenceId: randomUUID(),
      isCustomerInitiatedTransaction: true,
      transactionDetails: { cardData: cardData(card) },
    });
    return viewOf(data);
  }

  /** A real app has its processor in its settings; here it is that of the payment before. */
  private async processorId(connection: Connection): Promise<string> {
    const [last] = await this.latest(connection, 1);
    if (last?.paymentProcessorId !== undefined) return last.paymentProcessorId;
    throw new BadRequestException('There is no payment yet whose processor could be used again.');
  }

  private async latest(connection: Connection, count: number): Promise<Transaction[]> {
    const found: Transaction[] = [];
    for await (const one of this.flute.pages<Transaction>(connection, PATH, { pageSize: count })) {
      found.push(one);
      if (found.length === count) break;
    }
    return found;
  }
}
