import { Controller, Get, Header, Inject, Param, Post, UseGuards } from '@nestjs/common';
import { CurrentConnection } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { FlexPayGuard, FlexPayService } from '@nest-flock/flex-pay';
import { HOST } from '../host.js';
import type { Host } from '../host.js';
import { VisitorRecords } from '../visitor/visitor-records.js';
import { Visitor, VisitorGuard } from '../visitor/visitor.guard.js';

/** What the visitor's cart comes to: never what a request says. */
const PRICE = '1064.10';

/** An order as the page shows it. */
export interface OrderView {
  readonly id: string;
  readonly price?: string;
  /** The page of the buyer. */
  readonly redirectUrl?: string;
  readonly status: string;
}

@Controller('flex-pay/orders')
@UseGuards(VisitorGuard, FlexPayGuard)
export class CheckoutController {
  private readonly orders = new VisitorRecords<OrderView>();

  constructor(
    private readonly flexPay: FlexPayService,
    @Inject(HOST) private readonly host: Host,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  list(@Visitor() visitor: string): readonly OrderView[] {
    return this.orders.list(visitor);
  }

  @Post()
  async create(
    @CurrentConnection() connection: Connection,
    @Visitor() visitor: string,
  ): Promise<OrderView> {
    const back = `${this.host.url}/flex-pay/return`;
    const { id, price, redirectUrl } = await this.flexPay.createOrder(connection, {
      price: PRICE,
      localization: { country: 'US', currency: 'USD', locale: 'en' },
      merchantConfig: { confirmationUrl: back, cancelUrl: back },
    });
    return this.orders.put(visitor, {
      id,
      ...(price !== undefined && { price }),
      ...(redirectUrl !== undefined && { redirectUrl }),
      status: 'created',
    });
  }

  @Get(':id')
  @Header('Cache-Control', 'no-store')
  async read(
    @Param('id') id: string,
    @CurrentConnection() connection: Connection,
    @Visitor() visitor: string,
  ): Promise<Record<string, string>> {
    const order = await this.flexPay.readOrder(connection, this.orders.get(visitor, id).id);
    const { price = 'none', confirmationId = 'none yet' } = order;
    return { order: order.id, price: `${price} USD`, 'confirmation id': confirmationId };
  }

  /** Reserves the whole amount; refused until the buyer was approved. */
  @Post(':id/authorization')
  async authorize(
    @Param('id') id: string,
    @CurrentConnection() connection: Connection,
    @Visitor() visitor: string,
  ): Promise<Record<string, string>> {
    const order = this.orders.get(visitor, id);
    const transaction = await this.flexPay.authorize(connection, { orderId: order.id });
    const { status = 'AUTHORIZED', currency = 'USD' } = transaction;
    this.orders.put(visitor, { ...order, status: status.toLowerCase() });
    return {
      transaction: transaction.id,
      status,
      authorized: `${transaction.originalAmount} ${currency}`,
      captured: `${transaction.capturedAmount} ${currency}`,
      'holds until': transaction.authorizationExpiration ?? 'not said',
    };
  }
}
