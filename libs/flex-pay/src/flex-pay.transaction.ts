import { answerAmount } from './answer-amount.js';
import {
  amountNumber,
  checkAmount,
  invalidField,
  membersOf,
  textOf,
} from '@nest-flock/core/provider';
import { unreadable } from './answer.js';

/** Part of what there is, or all of it: an amount needs its currency (authorize page). */
export type FlexPayAmount =
  | {
      /** Decimal text of at least `"0.01"`, such as `"1064.10"`. */
      readonly amount: string;
      readonly currency: 'USD' | 'CAD';
    }
  | { readonly amount?: undefined; readonly currency?: undefined };

/** A capture, void or refund; without an amount: of all that is left. */
export type FlexPayTransactionInput = FlexPayAmount & {
  /** Your own reference, to reconcile by. */
  readonly merchantReferenceId?: string;
  /** Default: made for this call, and in its answer or error. Repeat a call with the same one. */
  readonly idempotencyKey?: string;
};

/** An authorization; without an amount: of all that remains of the order. */
export type FlexPayAuthorizationInput = FlexPayTransactionInput & { readonly orderId: string };

export interface FlexPayTransactionEvent {
  readonly id?: string;
  /** Documented: `AUTHORIZATION`; an open set. */
  readonly type?: string;
  readonly amount?: string;
  readonly currency?: string;
  readonly created?: string;
  readonly merchantReferenceId?: string;
}

/** A transaction; amounts are exact decimal texts, and absent where the answer gave no exact one. */
export interface FlexPayTransaction {
  readonly id: string;
  readonly orderId?: string;
  /** Documented: `AUTHORIZED`; an open set. */
  readonly status?: string;
  readonly currency?: string;
  readonly originalAmount?: string;
  readonly remainingAmount?: string;
  readonly capturedAmount?: string;
  readonly refundedAmount?: string;
  /** Up to 7 days after the authorization; what is not captured by then is voided. */
  readonly authorizationExpiration?: string;
  readonly created?: string;
  readonly merchantReferenceId?: string;
  readonly events: readonly FlexPayTransactionEvent[];
}

/** What a write came to. */
export interface FlexPayTransactionResult extends FlexPayTransaction {
  /** The one that was sent. */
  readonly idempotencyKey: string;
}

/**
 * The body of a write: decimal numbers, snake_case (transactions page).
 * @throws FlockError `invalid_amount`, `invalid_request`, both naming the field
 */
export function transactionBody({
  amount,
  currency,
  merchantReferenceId,
}: FlexPayTransactionInput): Record<string, unknown> {
  if (amount === undefined && currency !== undefined) {
    throw invalidField('currency', 'an amount beside it, or neither');
  }
  if (amount !== undefined) checkAmount(amount, 'amount', { min: '0.01' });
  if (amount !== undefined && currency !== 'USD' && currency !== 'CAD') {
    throw invalidField('currency', 'USD or CAD beside an amount');
  }
  if (merchantReferenceId !== undefined && textOf(merchantReferenceId) === undefined) {
    throw invalidField('merchantReferenceId', 'a text that is not empty');
  }
  return {
    ...(amount !== undefined && { amount: amountNumber(amount), currency }),
    ...(merchantReferenceId !== undefined && { merchant_reference_id: merchantReferenceId }),
  };
}

/**
 * What an odd amount says is left out: the write was carried out, and its id is what counts.
 * @throws FlockError `provider_unavailable` when it is no transaction
 */
export function readTransaction(body: unknown): FlexPayTransaction {
  const data = membersOf(body);
  const id = textOf(data?.id);
  if (data === undefined || id === undefined) throw unreadable('a transaction call');
  const events = Array.isArray(data.events) ? data.events : [];
  return {
    id,
    ...texts({
      orderId: data.order_id,
      status: data.status,
      currency: data.currency,
      authorizationExpiration: data.authorization_expiration,
      created: data.created,
      merchantReferenceId: data.merchant_reference_id,
    }),
    ...amounts({
      originalAmount: data.original_amount,
      remainingAmount: data.remaining_amount,
      capturedAmount: data.captured_amount,
      refundedAmount: data.refunded_amount,
    }),
    events: events.map(readEvent),
  };
}

function readEvent(value: unknown): FlexPayTransactionEvent {
  const data = membersOf(value) ?? {};
  return {
    ...amounts({ amount: data.amount }),
    ...texts({
      id: data.id,
      type: data.type,
      currency: data.currency,
      created: data.created,
      merchantReferenceId: data.merchant_reference_id,
    }),
  };
}

/** The members that are exact amounts. */
function amounts<K extends string>(members: Record<K, unknown>): Partial<Record<K, string>> {
  const read = Object.entries(members).map(([name, value]) => [name, answerAmount(value)] as const);
  const found = read.filter(([, amount]) => amount !== undefined);
  return Object.fromEntries(found) as Partial<Record<K, string>>;
}

/** The members that are texts. */
function texts<K extends string>(members: Record<K, unknown>): Partial<Record<K, string>> {
  const found = Object.entries(members).filter(([, value]) => textOf(value) !== undefined);
  return Object.fromEntries(found) as Partial<Record<K, string>>;
}
