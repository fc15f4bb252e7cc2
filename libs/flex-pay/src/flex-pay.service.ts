import { Injectable } from '@nestjs/common';
import type { Connection, ConnectionClient } from '@nest-flock/core';
import { randomUUID } from 'node:crypto';
import { invalidField, textOf } from '@nest-flock/core/provider';
import { FlexPayHandle } from './flex-pay.definition.js';
import { readCard } from './flex-pay.card.js';
import type { FlexPayCard } from './flex-pay.card.js';
import { readOffers } from './flex-pay.offers.js';
import type { FlexPayOffersInput, FlexPayOrderOffers } from './flex-pay.offers.js';
import { checkOrder, checkOrderFields, readOrder } from './flex-pay.order.js';
import type { FlexPayOrder, FlexPayOrderInput } from './flex-pay.order.js';
import { readTransaction, transactionBody } from './flex-pay.transaction.js';
import type {
  FlexPayAuthorizationInput,
  FlexPayTransaction,
  FlexPayTransactionInput,
  FlexPayTransactionResult,
} from './flex-pay.transaction.js';
import { writeError } from './write-error.js';

const ORDERS = '/api/checkout/v1/orders';
const TRANSACTIONS = '/api/checkout/v1/transactions';
const OFFERS = '/api/flexpay/v1/marketing/offers';

const ID = /^[A-Za-z0-9_-]{1,100}$/;
const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * Offers, orders, cards and transactions of one connection. Money is exact decimal text in both
 * directions. Every call throws what the API client throws, and `invalid_amount` or
 * `invalid_request`, naming the field, before anything is sent.
 */
@Injectable()
export class FlexPayService {
  constructor(private readonly flexPay: FlexPayHandle) {}

  /** Offers to show beside a price; they need no order. */
  async offers(connection: Connection, input: FlexPayOffersInput): Promise<FlexPayOrderOffers[]> {
    const { integrationId, orders } = input;
    if (textOf(integrationId) === undefined) throw invalidField('integrationId', 'the UP-code');
    if (!Array.isArray(orders)) throw invalidField('orders', 'a list of orders');
    checkOrderFields(orders, 'orders');
    const data = await this.call(connection, (api) =>
      api.post(OFFERS, { integrationId, orders }, { repeatable: true }),
    );
    return readOffers(data);
  }

  /** Creates an order; send the buyer to its `redirectUrl`. */
  async createOrder(connection: Connection, order: FlexPayOrderInput): Promise<FlexPayOrder> {
    const body = checkOrder(order);
    const data = await this.call(connection, (api) => api.post(ORDERS, body));
    return readOrder(data, 'create');
  }

  /** Reads an order, also where the buyer's way back was lost. */
  async readOrder(connection: Connection, orderId: string): Promise<FlexPayOrder> {
    const path = `${ORDERS}/${idOf(orderId, 'orderId')}`;
    return readOrder(await this.call(connection, (api) => api.get(path)), 'read');
  }

  /** Tells Flex Pay the merchant's own confirmation number. May be repeated. */
  async confirmOrder(
    connection: Connection,
    orderId: string,
    confirmationId: string,
  ): Promise<void> {
    const path = `${ORDERS}/${idOf(orderId, 'orderId')}/confirmation`;
    if (textOf(confirmationId) === undefined) throw invalidField('confirmationId', 'a text');
    await this.call(connection, (api) => api.put(path, { confirmationId }));
  }

  /**
   * The card to charge for an order.
   * @throws FlockError `provider_refused` with `providerCode` `LOAN_NOT_ACCEPTED` when there will be
   * none, `CARD_NOT_CREATED` (404) when there is none, which shortly after the buyer's return may
   * only mean not yet
   */
  async readCard(connection: Connection, orderId: string): Promise<FlexPayCard> {
    const { options } = this.flexPay.app(connection.app);
    const name = options.cardPath === 'card' ? 'card' : 'payment';
    const path = `${ORDERS}/${idOf(orderId, 'orderId')}/${name}`;
    return readCard(await this.call(connection, (api) => api.get(path)));
  }

  /** Reserves an amount of an approved order for up to 7 days, for Direct Settle merchants. */
  async authorize(
    connection: Connection,
    input: FlexPayAuthorizationInput,
  ): Promise<FlexPayTransactionResult> {
    const order_id = idOf(input.orderId, 'orderId');
    return this.write(connection, TRANSACTIONS, input, { order_id });
  }

  async readTransaction(
    connection: Connection,
    transactionId: string,
  ): Promise<FlexPayTransaction> {
    const path = `${TRANSACTIONS}/${idOf(transactionId, 'transactionId')}`;
    return readTransaction(await this.call(connection, (api) => api.get(path)));
  }

  /** Takes an amount of what remains of an authorization. */
  capture(
    connection: Connection,
    transactionId: string,
    input: FlexPayTransactionInput = {},
  ): Promise<FlexPayTransactionResult> {
    return this.step(connection, transactionId, 'capture', input);
  }

  /** Gives up an amount of what remains, for good. */
  void(
    connection: Connection,
    transactionId: string,
    input: FlexPayTransactionInput = {},
  ): Promise<FlexPayTransactionResult> {
    return this.step(connection, transactionId, 'void', input);
  }

  /** Returns an amount of what was captured; it is netted from the next payout. */
  refund(
    connection: Connection,
    transactionId: string,
    input: FlexPayTransactionInput = {},
  ): Promise<FlexPayTransactionResult> {
    return this.step(connection, transactionId, 'refund', input);
  }

  private async step(
    connection: Connection,
    transactionId: string,
    name: 'capture' | 'void' | 'refund',
    input: FlexPayTransactionInput,
  ): Promise<FlexPayTransactionResult> {
    const path = `${TRANSACTIONS}/${idOf(transactionId, 'transactionId')}/${name}`;
    return this.write(connection, path, input, {});
  }

  private async write(
    connection: Connection,
    path: string,
    input: FlexPayTransactionInput,
    more: Record<string, unknown>,
  ): Promise<FlexPayTransactionResult> {
    const { idempotencyKey = randomUUID() } = input;
    if (!KEY.test(idempotencyKey)) {
      throw invalidField('idempotencyKey', 'a text of 1 to 255 visible ASCII characters');
    }
    const body = { ...more, ...transactionBody(input) };
    try {
      const data = await this.call(connection, (api) => api.post(path, body, { idempotencyKey }));
      return { ...readTransaction(data), idempotencyKey };
    } catch (error) {
      throw writeError(error, idempotencyKey, input.idempotencyKey !== undefined);
    }
  }

  private async call(
    connection: Connection,
    send: (api: ConnectionClient) => Promise<{ readonly data: unknown }>,
  ): Promise<unknown> {
    return (await send(this.flexPay.clients.for(connection, 'flex-pay'))).data;
  }
}

/** It comes from a redirect as likely as not, and goes into a path. */
function idOf(value: string, field: string): string {
  if (typeof value === 'string' && ID.test(value)) return value;
  throw invalidField(field, 'an id of Flex Pay: letters, digits, dashes');
}
