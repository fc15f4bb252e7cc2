import { answerAmount } from './answer-amount.js';
import { membersOf, textOf } from '@nest-flock/core/provider';
import { unreadable } from './answer.js';
import type { FlexPayOrderFields } from './flex-pay.order.js';

/** What to make offers for. */
export interface FlexPayOffersInput {
  /** The merchant's UP-code, such as `UP-12345678-9`. */
  readonly integrationId: string;
  /** `externalId` tells the answers apart. */
  readonly orders: readonly FlexPayOrderFields[];
}

/** One way to pay monthly; all members are texts, money and rates exact decimals (samples page). */
export interface FlexPayOffer {
  readonly monthlyPayment?: string;
  readonly numberOfPayments?: string;
  readonly apr?: string;
  readonly downPayment?: string;
  readonly financeCharges?: string;
  readonly grandTotal?: string;
  readonly originationFee?: string;
  readonly [member: string]: string | undefined;
}

/** The offers for one order; none where the order is not eligible. */
export interface FlexPayOrderOffers {
  readonly externalId?: string;
  readonly offers: readonly FlexPayOffer[];
  /** The whole answer for this order. */
  readonly data: Readonly<Record<string, unknown>>;
}

const COUNTS = new Set(['numberOfPayments']);

/** @throws FlockError `provider_unavailable` when these are no offers */
export function readOffers(body: unknown): FlexPayOrderOffers[] {
  const orders = membersOf(body)?.orders;
  if (!Array.isArray(orders)) throw unreadable('the offers call');
  return orders.map((entry): FlexPayOrderOffers => {
    const data = membersOf(entry);
    if (data === undefined) throw unreadable('the offers call');
    const externalId = textOf(data.externalId);
    const offers = Array.isArray(data.offers) ? data.offers : [];
    return {
      ...(externalId !== undefined && { externalId }),
      offers: offers.map(readOffer),
      data,
    };
  });
}

function readOffer(value: unknown): FlexPayOffer {
  const members = Object.entries(membersOf(value) ?? {});
  return Object.fromEntries(members.flatMap(([name, entry]) => textMember(name, entry)));
}

function textMember(name: string, value: unknown): [string, string][] {
  if (typeof value === 'string') return [[name, value]];
  if (typeof value !== 'number') return [];
  const text = COUNTS.has(name) ? String(value) : answerAmount(value);
  if (text === undefined) throw unreadable('the offers call');
  return [[name, text]];
}
