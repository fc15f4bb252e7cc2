import { inspect } from 'node:util';
import { membersOf, textOf, withoutUndefined } from '@nest-flock/core/provider';
import { unreadable } from './answer.js';
import type { FlexPayContact } from './flex-pay.order.js';

/** What is needed to charge the card. */
export interface FlexPayCardDetails {
  readonly number: string;
  readonly ccv?: string;
  readonly nameOnCard?: string;
  /** 1 to 12. */
  readonly expirationMonth?: number;
  /** Four digits. */
  readonly expirationYear?: number;
  /** Use it as the billing address. */
  readonly contact?: FlexPayContact;
  readonly token?: string;
  readonly additionalTokens?: Readonly<Record<string, unknown>>;
}

/**
 * A single-use virtual card (card page). Whatever prints it, `JSON.stringify`, a template text or a
 * logger, gets type and last four digits only; nothing of it is ever stored.
 */
export class FlexPayCard {
  readonly id: string | undefined;
  /** Documented: `VISA`, `MASTERCARD`, `UATP`. */
  readonly type: string | undefined;
  readonly lastFour: string;
  readonly #details: FlexPayCardDetails;

  constructor(details: FlexPayCardDetails, more: { id?: string; type?: string } = {}) {
    this.id = more.id;
    this.type = more.type;
    // A number so short that four digits would be most of it shows none.
    this.lastFour = details.number.length > 10 ? details.number.slice(-4) : '';
    this.#details = details;
  }

  /** Number, security code and name. Hand them to the payment processor; never log or store them. */
  reveal(): FlexPayCardDetails {
    return this.#details;
  }

  toJSON(): { id?: string; type?: string; lastFour: string } {
    const { id, type, lastFour } = this;
    return { ...withoutUndefined({ id, type }), lastFour };
  }

  toString(): string {
    return `FlexPayCard ${this.type ?? 'card'} …${this.lastFour}`;
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

/** @throws FlockError `provider_unavailable` when there is no card in it */
export function readCard(body: unknown): FlexPayCard {
  const card = membersOf(membersOf(body)?.card);
  const number = textOf(card?.number);
  if (card === undefined || number === undefined) throw unreadable('the card read');
  return new FlexPayCard(
    {
      number,
      ccv: textOf(card.ccv),
      nameOnCard: textOf(card.nameOnCard),
      expirationMonth: wholeNumber(card.expirationMonth),
      expirationYear: wholeNumber(card.expirationYear),
      token: textOf(card.token),
      ...withoutUndefined({
        contact: membersOf(card.contact),
        additionalTokens: membersOf(card.additionalTokens),
      }),
    },
    { id: textOf(card.id), type: textOf(card.type) },
  );
}

const wholeNumber = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) ? (value as number) : undefined;
