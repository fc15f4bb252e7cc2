import type { Connection } from '@nest-flock/core';
import { sqliteDatabase } from '../../support/databases.js';
import { failureOf } from '../../support/poll.js';
import { startFlexPay, withDefault } from './flex-pay-suite.js';
import type { FlexPaySuite } from './flex-pay-suite.js';
import { ORDER } from './sample-order.js';

describe('FlexPayService', () => {
  let suite: FlexPaySuite;
  let connection: Connection;
  const service = () => suite.flexPay;
  const apiCalls = () => suite.sandbox.flexPay.apiCalls;

  beforeAll(async () => {
    suite = await startFlexPay(sqliteDatabase);
    connection = await suite.connection();
    await suite.tokens.getAccessToken(connection.id);
  });
  afterAll(() => suite.stop());
  beforeEach(() => suite.sandbox.reset());
  afterEach(() => {
    suite.sandbox.flexPay.settings.cardPath = 'payment';
  });

  const approved = async () => {
    const { id } = await service().createOrder(connection, ORDER);
    suite.sandbox.flexPay.approve(id);
    return id;
  };

  it('orders: created, approved by the buyer, read, charged by card, confirmed', async () => {
    const order = await service().createOrder(connection, ORDER);
    expect(order).toMatchObject({ price: '1064.10', redirectUrl: expect.any(String) as string });
    expect((await fetch(order.redirectUrl as string)).status).toBe(200);
    const back = new URL(suite.sandbox.flexPay.approve(order.id));
    const orderId = back.searchParams.get('order_id') as string;
    const card = await service().readCard(connection, orderId);
    expect(card.reveal()).toMatchObject({
      number: expect.stringMatching(/^\d{16}$/) as string,
      ccv: expect.stringMatching(/^\d{3}$/) as string,
      expirationMonth: 12,
      nameOnCard: 'Arthur Davis',
      contact: ORDER.billingContact,
    });
    await service().confirmOrder(connection, orderId, 'C-7');
    expect(apiCalls().at(-1)).toMatchObject({ method: 'PUT', status: 204 });
    expect((await service().readOrder(connection, orderId)).confirmationId).toBe('C-7');
    expect(suite.sandbox.flexPay.violations).toEqual([]);
  });

  it.each(['payment', 'card'] as const)('the card read by the name %s', async (cardPath) => {
    const other = await startFlexPay(sqliteDatabase, {
      sandbox: { cardPath },
      options: (sandbox) => ({ ...withDefault(sandbox), cardPath }),
    });
    const own = await other.connection();
    const { id } = await other.flexPay.createOrder(own, ORDER);
    other.sandbox.flexPay.approve(id);
    expect((await other.flexPay.readCard(own, id)).lastFour).toMatch(/^\d{4}$/);
    expect(other.sandbox.flexPay.apiCalls.at(-1)?.path).toBe(
      `/api/checkout/v1/orders/${id}/${cardPath}`,
    );
    await other.stop();
  });

  it('P80: no card: a 200 with an errorCode and a 404 are errors that carry the code', async () => {
    const { id } = await service().createOrder(connection, ORDER);
    expect(await failureOf(service().readCard(connection, id))).toMatchObject({
      code: 'provider_refused',
      providerStatus: 404,
      providerCode: 'CARD_NOT_CREATED',
    });
    suite.sandbox.flexPay.decline(id);
    expect(await failureOf(service().readCard(connection, id))).toMatchObject({
      code: 'provider_refused',
      providerStatus: 200,
      providerCode: 'LOAN_NOT_ACCEPTED',
    });
  });

  it.each([
    ['HTML', { kind: 'html' }],
    ['an empty object', { kind: 'empty_object' }],
    ['a list', { kind: 'status', status: 200, body: [] }],
    ['no number', { kind: 'status', status: 200, body: { card: { ccv: '1' } } }],
  ] as const)('P80: a card read that answers 200 and %s is no card', async (_what, fault) => {
    const id = await approved();
    suite.sandbox.faults.add({ on: 'api.card', fault });
    expect(await failureOf(service().readCard(connection, id))).toMatchObject({
      code: 'provider_unavailable',
      outcome: 'unknown',
    });
  });

  it('P78: transactions: text in, text out, JSON numbers between', async () => {
    const orderId = await approved();
    const made = await service().authorize(connection, {
      orderId,
      amount: '1064.10',
      currency: 'USD',
      merchantReferenceId: 'cart-7',
    });
    expect(made).toMatchObject({
      orderId,
      status: 'AUTHORIZED',
      originalAmount: '1064.10',
      remainingAmount: '1064.10',
      capturedAmount: '0.00',
      merchantReferenceId: 'cart-7',
      events: [{ id: made.id, type: 'AUTHORIZATION', amount: '1064.10' }],
    });
    const amount = (text: string) => ({ amount: text, currency: 'USD' as const });
    await service().capture(connection, made.id, amount('1000.1'));
    const voided = await service().void(connection, made.id);
    expect([voided.capturedAmount, voided.remainingAmount]).toEqual(['1000.10', '0.00']);
    await service().refund(connection, made.id, amount('0.07'));
    const refunded = await service().refund(connection, made.id);
    expect(refunded.refundedAmount).toBe('1000.10');
    const read = await service().readTransaction(connection, made.id);
    expect(read.events.map(({ amount: each }) => each)).toEqual([
      '1064.10',
      '1000.10',
      '64.00',
      '0.07',
      '1000.03',
    ]);
    expect(read).not.toHaveProperty('idempotencyKey');
    // The sandbox refuses texts in transactions, and numbers in orders.
    expect(suite.sandbox.flexPay.violations).toEqual([]);
    const over = failureOf(service().refund(connection, made.id, amount('0.01')));
    expect(await over).toMatchObject({ code: 'provider_refused', providerStatus: 400 });
  });

  it('P79: each write has an Idempotency-Key, which a repeat after a lost answer keeps', async () => {
    const { id } = await service().authorize(connection, { orderId: await approved() });
    const keys = () => apiCalls().map(({ idempotency_key: key }) => key);
    const part = { amount: '10.00', currency: 'USD' } as const;
    suite.sandbox.reset();
    suite.sandbox.faults.add({ on: 'api.transactions', fault: { kind: 'drop_after_commit' } });
    const lost = await failureOf(service().capture(connection, id, part));
    // A blind repeat would have a key of its own, and capture twice.
    expect(lost).toMatchObject({
      code: 'outcome_unknown',
      retryable: false,
      outcome: 'unknown',
      idempotencyKey: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
    const idempotencyKey = lost.idempotencyKey as string;
    const again = await service().capture(connection, id, { ...part, idempotencyKey });
    expect(again).toMatchObject({ capturedAmount: '10.00', idempotencyKey });
    expect(keys()).toEqual([idempotencyKey, idempotencyKey]);

    const mine = await service().capture(connection, id, { ...part, idempotencyKey: 'mine' });
    expect([mine.idempotencyKey, mine.capturedAmount]).toEqual(['mine', '20.00']);
    const otherBody = { amount: '11.00', currency: 'USD', idempotencyKey: 'mine' } as const;
    expect(await failureOf(service().capture(connection, id, otherBody))).toMatchObject({
      code: 'provider_refused',
      providerStatus: 409,
      idempotencyKey: 'mine',
    });
    const made = await service().void(connection, id, part);
    const next = await service().refund(connection, id, part);
    expect(made.idempotencyKey).not.toBe(next.idempotencyKey);
  });

  it('P79: a 401 in the middle of a write keeps its key; 500, 408 and an unreadable success are unknown outcomes', async () => {
    const { id } = await service().authorize(connection, { orderId: await approved() });
    suite.sandbox.reset();
    suite.sandbox.flexPay.expireAccessTokens();
    await service().void(connection, id, { amount: '1.00', currency: 'USD' });
    const calls = apiCalls();
    expect(calls.map(({ status }) => status)).toEqual([401, 200]);
    expect(calls[0]?.idempotency_key).toBe(calls[1]?.idempotency_key);
    for (const fault of [
      { kind: 'error', error: 'API_ERROR', status: 500 },
      { kind: 'error', error: 'API_TIMEOUT', status: 408 },
      { kind: 'html' },
      { kind: 'answer', omit: ['id'] },
    ] as const) {
      suite.sandbox.faults.add({ on: 'api.transactions', fault });
      const failure = await failureOf(
        service().void(connection, id, { amount: '1.00', currency: 'USD', idempotencyKey: 'k' }),
      );
      expect(failure).toMatchObject({
        code: 'provider_unavailable',
        retryable: true,
        outcome: 'unknown',
        idempotencyKey: 'k',
      });
    }
    const done = await service().void(connection, id, {
      amount: '1.00',
      currency: 'USD',
      idempotencyKey: 'k',
    });
    // Two voids of one unit: the first key's, and this key's, which was carried out once.
    expect(done.remainingAmount).toBe('1062.10');
  });

  it('P78: offers: decimal texts in both directions', async () => {
    const [offered] = await service().offers(connection, {
      integrationId: 'UP-37292414-99',
      orders: [{ externalId: 'cart', price: '1200.00' }],
    });
    expect(offered).toMatchObject({
      externalId: 'cart',
      offers: [{ monthlyPayment: '100.00', grandTotal: '1200.00', numberOfPayments: '12' }],
    });
    suite.sandbox.faults.add({
      on: 'api.offers',
      fault: {
        kind: 'answer',
        set: { orders: [{ offers: [{ monthlyPayment: 88.5, numberOfPayments: 12 }] }] },
      },
    });
    const [numbers] = await service().offers(connection, { integrationId: 'UP-1', orders: [] });
    expect(numbers?.offers).toEqual([{ monthlyPayment: '88.50', numberOfPayments: '12' }]);
    expect(suite.sandbox.flexPay.violations).toEqual([]);
  });

  it.each([
    ['not exact', { captured_amount: 1e21, refunded_amount: 0.1234567890123456 }],
    ['null', { captured_amount: null, refunded_amount: null }],
    ['beside an errorCode', { captured_amount: 'x', refunded_amount: {}, errorCode: 'ODD' }],
  ])(
    'P78: a write that was carried out is told with its id, though its amounts are %s',
    async (_case, set) => {
      const { id } = await service().authorize(connection, { orderId: await approved() });
      suite.sandbox.faults.add({ on: 'api.transactions', fault: { kind: 'answer', set } });
      const part = { amount: '1.00', currency: 'USD' } as const;
      const made = await service().capture(connection, id, part);
      expect(made).toMatchObject({ id, originalAmount: '1064.10' });
      expect(made).not.toHaveProperty('capturedAmount');
      expect(made).not.toHaveProperty('refundedAmount');
    },
  );

  it.each([
    ['no answer', { kind: 'drop_after_commit' }],
    ['HTML', { kind: 'html' }],
    ['a redirect', { kind: 'status', status: 302, body: '' }],
    ['500', { kind: 'status', status: 500, body: '' }],
  ] as const)(
    'P79: an order has no key: after %s nobody is told to try again',
    async (_case, fault) => {
      suite.sandbox.faults.add({ on: 'api.orders', fault });
      const error = await failureOf(service().createOrder(connection, ORDER));
      expect(error).toMatchObject({
        code: 'outcome_unknown',
        retryable: false,
        outcome: 'unknown',
      });
      expect(apiCalls().map(({ method }) => method)).toEqual(['POST']);
      expect(apiCalls()[0]).not.toHaveProperty('idempotency_key');
    },
  );

  it('P78: nothing unusable is sent; the error names the field', async () => {
    const money = { amount: '1.00', currency: 'USD' } as const;
    const loose = (value: unknown) => value as never;
    const attempts: [code: string, field: string, () => Promise<unknown>][] = [
      [
        'invalid_amount',
        'order.price',
        () => service().createOrder(connection, { ...ORDER, price: loose(1064.1) }),
      ],
      [
        'invalid_amount',
        'order.price',
        () => service().createOrder(connection, { ...ORDER, price: '0.00' }),
      ],
      [
        'invalid_amount',
        'order.price',
        () => service().createOrder(connection, { ...ORDER, price: loose(undefined) }),
      ],
      [
        'invalid_amount',
        'order.addOns[0].price',
        () => service().createOrder(connection, { ...ORDER, addOns: [{ price: '1.001' }] }),
      ],
      [
        'invalid_amount',
        'order.orderItems[0].air.fare.price',
        () =>
          service().createOrder(connection, {
            ...ORDER,
            orderItems: [{ air: { fare: { price: 7 } } }],
          }),
      ],
      [
        'invalid_request',
        'order.billingContact.id',
        () =>
          service().createOrder(connection, {
            ...ORDER,
            billingContact: loose({ id: 'mine' }),
          }),
      ],
      [
        'invalid_request',
        'order.merchantConfig.confirmationUrl',
        () =>
          service().createOrder(connection, {
            ...ORDER,
            merchantConfig: { confirmationUrl: 'javascript:alert(1)', cancelUrl: 'https://a.b' },
          }),
      ],
      [
        'invalid_amount',
        'orders[1].price',
        () =>
          service().offers(connection, {
            integrationId: 'UP-1',
            orders: [{ price: '1.00' }, { price: '-1.00' }],
          }),
      ],
      [
        'invalid_request',
        'integrationId',
        () => service().offers(connection, { integrationId: '', orders: [] }),
      ],
      [
        'invalid_amount',
        'amount',
        () => service().capture(connection, 'id', { ...money, amount: '99999999999999.99' }),
      ],
      [
        'invalid_amount',
        'amount',
        () => service().refund(connection, 'id', { ...money, amount: '0.00' }),
      ],
      [
        'invalid_request',
        'currency',
        () => service().void(connection, 'id', loose({ amount: '1.00' })),
      ],
      [
        'invalid_request',
        'currency',
        () => service().void(connection, 'id', loose({ ...money, currency: 'EUR' })),
      ],
      [
        'invalid_request',
        'currency',
        () => service().void(connection, 'id', loose({ currency: 'USD' })),
      ],
      [
        'invalid_request',
        'idempotencyKey',
        () => service().void(connection, 'id', { ...money, idempotencyKey: 'two\r\nlines' }),
      ],
      [
        'invalid_request',
        'merchantReferenceId',
        () => service().void(connection, 'id', { ...money, merchantReferenceId: '' }),
      ],
      ['invalid_request', 'orderId', () => service().readOrder(connection, '../../secret')],
      ['invalid_request', 'orderId', () => service().readCard(connection, 'a?b')],
      [
        'invalid_request',
        'orderId',
        () => service().authorize(connection, { orderId: loose(undefined) }),
      ],
      ['invalid_request', 'transactionId', () => service().readTransaction(connection, '')],
      ['invalid_request', 'transactionId', () => service().capture(connection, 'a/b')],
      ['invalid_request', 'confirmationId', () => service().confirmOrder(connection, 'id', '')],
    ];
    for (const [code, field, attempt] of attempts) {
      const failure = await failureOf(attempt());
      expect([failure.code, failure.message]).toEqual([
        code,
        expect.stringContaining(`"${field}"`) as string,
      ]);
    }
    expect(apiCalls()).toEqual([]);
  });
});
