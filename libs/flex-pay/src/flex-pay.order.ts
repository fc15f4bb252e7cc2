import { answerAmount } from './answer-amount.js';
import {
  checkAmount,
  invalidField,
  membersOf,
  textOf,
  withoutUndefined,
} from '@nest-flock/core/provider';
import { unreadable } from './answer.js';

/** A person, as Flex Pay writes one. */
export interface FlexPayContact {
  readonly firstName?: string;
  readonly middleName?: string;
  readonly lastName?: string;
  readonly email?: string;
  readonly phone?: string;
  /** `YYYY-MM-DD`. */
  readonly dateOfBirth?: string;
  readonly streetAddress?: string;
  readonly city?: string;
  readonly region?: string;
  readonly postalCode?: string;
  readonly country?: string;
}

/** Something that is bought beside the items. */
export interface FlexPayAddOn {
  readonly externalId?: string;
  readonly name?: string;
  /** Decimal text such as `"100.13"`. */
  readonly price?: string;
}

/** The members of an order that offers and checkout share; any other passes as it is. */
export interface FlexPayOrderFields {
  /** Decimal text such as `"1064.10"`; money is never a number here. */
  readonly price?: string;
  readonly externalId?: string;
  readonly integrationId?: string;
  readonly orderCategory?: string;
  readonly channel?: string;
  readonly localization?: {
    readonly country?: 'US' | 'CA';
    readonly currency?: 'USD' | 'CAD';
    readonly locale?: string;
  };
  readonly billingContact?: FlexPayContact;
  readonly addOns?: readonly FlexPayAddOn[];
  /** One kind of detail each, such as `air` or `cruise`. */
  readonly orderItems?: readonly Readonly<Record<string, unknown>>[];
  readonly [member: string]: unknown;
}

/** An order that is to be created. */
export interface FlexPayOrderInput extends FlexPayOrderFields {
  readonly price: string;
  readonly merchantConfig: {
    /** Where an approved buyer returns, with `order_id` appended. */
    readonly confirmationUrl: string;
    readonly cancelUrl: string;
  };
}

/** An order as Flex Pay has it. */
export interface FlexPayOrder {
  readonly id: string;
  /** Send the buyer there. */
  readonly redirectUrl?: string;
  readonly confirmationId?: string;
  readonly price?: string;
  /** The whole answer. It holds the buyer's name and address: keep it out of logs. */
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * Checks an order before it is sent: every `price` is a decimal text, and no member is called `id`
 * (orders page: absent or null in requests).
 * @throws FlockError `invalid_amount`, `invalid_request`, both naming the field
 */
export function checkOrder(order: FlexPayOrderInput): FlexPayOrderInput {
  checkOrderFields(order, 'order');
  checkAmount(order.price, 'order.price', { min: '0.01' });
  for (const name of ['confirmationUrl', 'cancelUrl'] as const) {
    const url: unknown = membersOf(order.merchantConfig)?.[name];
    if (typeof url !== 'string' || !isWebUrl(url)) {
      throw invalidField(`order.merchantConfig.${name}`, 'an absolute URL of your own');
    }
  }
  return order;
}

/** The part of {@link checkOrder} that holds at any depth. */
export function checkOrderFields(value: unknown, path: string): void {
  if (Array.isArray(value)) {
    value.forEach((entry, index) => checkOrderFields(entry, `${path}[${index}]`));
    return;
  }
  for (const [name, entry] of Object.entries(membersOf(value) ?? {})) {
    const field = `${path}.${name}`;
    if (entry === undefined || entry === null) continue;
    if (name === 'id') throw invalidField(field, 'no id: Flex Pay gives it');
    if (name === 'price') checkAmount(entry as string, field);
    else checkOrderFields(entry, field);
  }
}

/**
 * @throws FlockError when it is no order: `outcome_unknown` for one that was to be made,
 * `provider_unavailable` for one that was read
 */
export function readOrder(body: unknown, call: 'create' | 'read'): FlexPayOrder {
  const data = membersOf(body);
  const id = textOf(data?.id);
  const redirectUrl = textOf(data?.redirectUrl);
  if (
    data === undefined ||
    id === undefined ||
    !(redirectUrl === undefined || isWebUrl(redirectUrl))
  )
    throw call === 'create'
      ? unreadable('the order call', 'outcome_unknown')
      : unreadable('the order read');
  return {
    id,
    ...withoutUndefined({
      redirectUrl,
      confirmationId: textOf(data.confirmationId),
      price: answerAmount(data.price),
    }),
    data,
  };
}

const isWebUrl = (text: string): boolean =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
