import { jsonAnswer, type Answer } from '../server/answer.js';
import { refuse, type ApiRequest } from './api-request.js';
import type { FlexPayOrder } from './flex-pay-order.js';
import { problem } from './problem.js';
import { isRecord, orderProblem, readOrder } from './read-order.js';

/** `POST /api/checkout/v1/orders`. */
export function createOrder({ world, exchange, environment, client, body }: ApiRequest): Answer {
  const read = readOrder(body);
  if ('rule' in read) return refuse(world, read.rule, read.detail);
  const base = `http://${exchange.header('host') ?? 'localhost'}/flex-pay/${environment}`;
  const order = world.orders.create(client, body, read, base);
  return jsonAnswer(200, world.orders.view(order));
}

/** `GET /api/checkout/v1/orders/{id}`. */
export function readOrderRoute(request: ApiRequest): Answer {
  const order = ownOrder(request);
  return order ? jsonAnswer(200, request.world.orders.view(order)) : notFound('Order not found');
}

/** `PUT /api/checkout/v1/orders/{id}/confirmation`: 204 and no body. */
export function confirmOrder(request: ApiRequest): Answer {
  const order = ownOrder(request);
  if (!order) return notFound('Order not found');
  const { confirmationId } = request.body;
  if (typeof confirmationId !== 'string' || confirmationId === '') {
    return refuse(request.world, 'missing_field', 'confirmationId must be a text.');
  }
  if (order.decision !== 'approved') return problem(400, 'The order has no approved application.');
  order.confirmationId = confirmationId;
  return { status: 204, headers: {}, body: '' };
}

/** `GET /api/checkout/v1/orders/{id}/payment` (or `/card`). */
export function readCard(request: ApiRequest): Answer {
  const order = ownOrder(request);
  // The one failure that comes as a 200 (card page).
  if (order?.decision === 'declined') {
    return jsonAnswer(200, { errorCode: 'LOAN_NOT_ACCEPTED' });
  }
  return order?.card
    ? jsonAnswer(200, { card: order.card }, { 'cache-control': 'no-store' })
    : problem(404, 'Payment not found', 'CARD_NOT_CREATED');
}

/** `POST /api/flexpay/v1/marketing/offers`. */
export function offers({ world, body }: ApiRequest): Answer {
  const { integrationId, orders } = body;
  if (typeof integrationId !== 'string' || integrationId === '') {
    return refuse(world, 'missing_field', 'integrationId must be a text.');
  }
  if (!Array.isArray(orders) || !orders.every(isRecord)) {
    return refuse(world, 'missing_field', 'orders must be a list of orders.');
  }
  const wrong = orderProblem(orders, 'orders');
  if (wrong) return refuse(world, wrong.rule, wrong.detail);
  return jsonAnswer(200, {
    orders: orders.map((order) => ({ ...order, offers: [offerOf(order)] })),
  });
}

/** Twelve months without interest; every member is a text (samples page). */
function offerOf({ price }: Record<string, unknown>): Record<string, string> {
  const total = Number(price ?? '0');
  return {
    apr: '0.00',
    downPayment: '0.00',
    financeCharges: '0.00',
    grandTotal: total.toFixed(2),
    minApr: '0.00',
    maxApr: '35.99',
    monthlyPayment: (total / 12).toFixed(2),
    numberOfPayments: '12',
    originationFee: '0.00',
  };
}

/** Another merchant's order does not exist. */
export function ownOrder({ world, client, id }: ApiRequest): FlexPayOrder | undefined {
  const order = world.orders.find(id);
  return order?.client === client ? order : undefined;
}

const notFound = (message: string): Answer => problem(404, message, 'NOT_FOUND');
