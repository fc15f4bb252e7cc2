import { randomUUID } from 'node:crypto';
import type { FlexPayOrder, FlexPayTransaction } from './flex-pay-order.js';
import { numberOfCents } from './money.js';

/** What is asked of a transaction; no amount means all there is. */
export interface TransactionOrder {
  readonly cents?: number;
  readonly merchantReferenceId?: string;
}

export type TransactionStep = 'capture' | 'void' | 'refund';

/** The capture window of the authorize page: 7 days, the rest is voided afterwards. */
const WINDOW_MS = 7 * 86_400_000;

/** Direct Settle: authorize, capture, void and refund, with the rules of the transactions pages. */
export class FlexPayTransactions {
  private readonly byId = new Map<string, FlexPayTransaction>();

  get count(): number {
    return this.byId.size;
  }

  find(id: string): FlexPayTransaction | undefined {
    const found = this.byId.get(id);
    if (found && Date.parse(found.authorizationExpiration) <= Date.now()) found.remaining = 0;
    return found;
  }

  /** @returns why not, in words, when it cannot be done */
  authorize(order: FlexPayOrder, asked: TransactionOrder): FlexPayTransaction | string {
    if (order.decision !== 'approved') return 'The order has no approved application.';
    const free = order.cents - order.authorizedCents;
    const cents = asked.cents ?? free;
    if (cents === 0 || cents > free) return 'The amount is above what remains of the order.';
    order.authorizedCents += cents;
    const id = randomUUID();
    const transaction: FlexPayTransaction = {
      id,
      order,
      original: cents,
      created: nanoseconds(Date.now()),
      authorizationExpiration: nanoseconds(Date.now() + WINDOW_MS),
      merchantReferenceId: asked.merchantReferenceId,
      remaining: cents,
      captured: 0,
      refunded: 0,
      status: 'AUTHORIZED',
      events: [],
    };
    // The first event has the transaction's own id (transactions page).
    this.log(transaction, 'AUTHORIZATION', cents, asked.merchantReferenceId, id);
    this.byId.set(id, transaction);
    return transaction;
  }

  /** @returns why not, in words, when it cannot be done */
  take(
    transaction: FlexPayTransaction,
    step: TransactionStep,
    asked: TransactionOrder,
  ): string | undefined {
    const { remaining, captured, refunded } = transaction;
    const most = step === 'refund' ? captured - refunded : remaining;
    const cents = asked.cents ?? most;
    if (cents === 0 || cents > most) {
      const of = step === 'refund' ? 'captured' : 'remaining';
      return `The amount is above the ${of} amount.`;
    }
    if (step === 'refund') transaction.refunded += cents;
    else transaction.remaining -= cents;
    if (step === 'capture') transaction.captured += cents;
    transaction.status = STATUS[step];
    this.log(transaction, EVENT[step], cents, asked.merchantReferenceId);
    return undefined;
  }

  /** As the API answers it: decimal numbers, snake_case. */
  view(transaction: FlexPayTransaction): Record<string, unknown> {
    const { order, merchantReferenceId } = transaction;
    return {
      id: transaction.id,
      original_amount: numberOfCents(transaction.original),
      remaining_amount: numberOfCents(transaction.remaining),
      captured_amount: numberOfCents(transaction.captured),
      refunded_amount: numberOfCents(transaction.refunded),
      authorization_expiration: transaction.authorizationExpiration,
      order_id: order.id,
      created: transaction.created,
      currency: order.currency,
      merchant_reference_id: merchantReferenceId ?? null,
      status: transaction.status,
      events: transaction.events,
    };
  }

  private log(
    { events, order }: FlexPayTransaction,
    type: string,
    cents: number,
    reference?: string,
    id: string = randomUUID(),
  ): void {
    events.push({
      id,
      amount: numberOfCents(cents),
      currency: order.currency,
      created: nanoseconds(Date.now()),
      merchant_reference_id: reference ?? null,
      type,
    });
  }
}

/** Only AUTHORIZED and AUTHORIZATION are documented; the others are named alike. */
const STATUS = { capture: 'CAPTURED', void: 'VOIDED', refund: 'REFUNDED' } as const;
const EVENT = { capture: 'CAPTURE', void: 'VOID', refund: 'REFUND' } as const;

/** Time stamps of the transactions page have more than milliseconds. */
const nanoseconds = (at: number): string => new Date(at).toISOString().replace('Z', '000123Z');
