import { jsonAnswer, type Answer } from '../server/answer.js';
import { refuse, type ApiRequest } from './api-request.js';
import type { FlexPayTransaction } from './flex-pay-order.js';
import type { TransactionOrder, TransactionStep } from './flex-pay-transactions.js';
import type { IdempotentWrites } from './idempotent-writes.js';
import { centsOfNumber } from './money.js';
import { problem } from './problem.js';

/** The transactions, whose writes all need an `Idempotency-Key`. */
export class TransactionRoutes {
  constructor(private readonly writes: IdempotentWrites) {}

  /** `POST /api/checkout/v1/transactions`. */
  readonly authorize = (request: ApiRequest): Answer =>
    this.once(request, () => {
      const { world, client, body } = request;
      const { order_id: id } = body;
      if (typeof id !== 'string') return refuse(world, 'missing_field', 'order_id must be a text.');
      const order = world.orders.find(id);
      if (order?.client !== client) return problem(404, 'Order not found', 'NOT_FOUND');
      const asked = readAsked(request, order.currency, ['order_id']);
      if ('status' in asked) return asked;
      const made = world.transactions.authorize(order, asked);
      return typeof made === 'string' ? problem(400, made) : this.answer(request, made);
    });

  /** `GET /api/checkout/v1/transactions/{id}`. */
  readonly read = (request: ApiRequest): Answer => {
    const found = own(request);
    return found ? this.answer(request, found) : notFound();
  };

  /** `POST /api/checkout/v1/transactions/{id}/capture`, `/void` and `/refund`. */
  readonly step = (request: ApiRequest): Answer =>
    this.once(request, () => {
      const transaction = own(request);
      if (!transaction) return notFound();
      const asked = readAsked(request, transaction.order.currency, []);
      if ('status' in asked) return asked;
      const name = request.exchange.path.split('/').at(-1) as TransactionStep;
      const wrong = request.world.transactions.take(transaction, name, asked);
      return wrong === undefined ? this.answer(request, transaction) : problem(400, wrong);
    });

  private once({ world, exchange, client, text }: ApiRequest, work: () => Answer): Answer {
    const key = exchange.header('idempotency-key');
    if (key === undefined || key === '') {
      return refuse(world, 'missing_idempotency_key', 'The header Idempotency-Key is required.');
    }
    const owner = `${client.environment}/${client.clientId}`;
    return this.writes.run(owner, key, `${exchange.path}\n${text}`, work);
  }

  private answer({ world }: ApiRequest, transaction: FlexPayTransaction): Answer {
    return jsonAnswer(200, world.transactions.view(transaction));
  }
}

/** The optional members of every write; a misspelt one must not pass for an absent one. */
function readAsked(
  { world, body }: ApiRequest,
  currency: string,
  more: readonly string[],
): TransactionOrder | Answer {
  const known = ['amount', 'currency', 'merchant_reference_id', ...more];
  const unknown = Object.keys(body).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const detail = `${unknown.slice(0, 60)} is unknown; transactions have snake_case members.`;
    return refuse(world, 'unknown_field', detail);
  }
  const { amount, merchant_reference_id: reference } = body;
  const cents = centsOfNumber(amount);
  if (amount !== undefined && cents === undefined) {
    return refuse(world, 'amount_form', 'amount must be a decimal number such as 100.13.');
  }
  if (amount !== undefined && body['currency'] === undefined) {
    return refuse(world, 'missing_field', 'currency is required with an amount.');
  }
  if (body['currency'] !== undefined && body['currency'] !== currency) {
    return problem(400, 'The currency is not the one of the order.');
  }
  if (reference !== undefined && typeof reference !== 'string') {
    return refuse(world, 'wrong_type', 'merchant_reference_id must be a text.');
  }
  return { cents, merchantReferenceId: reference };
}

function own({ world, client, id }: ApiRequest): FlexPayTransaction | undefined {
  const found = world.transactions.find(id);
  return found?.order.client === client ? found : undefined;
}

const notFound = (): Answer => problem(404, 'Transaction not found', 'NOT_FOUND');
