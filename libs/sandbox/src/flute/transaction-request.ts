import type { Records } from '../inspection/records.js';
import type { Answer } from '../server/answer.js';
import type { FluteSettings } from './flute-settings.js';
import { edgeProblemAnswer, envelopeAnswer } from './problem.js';

/** What is asked for by `POST /v2/transactions`. */
export interface TransactionRequest {
  readonly paymentProcessorId: string;
  /** Dollars. */
  readonly baseAmount: number;
  readonly currencyCode: string;
  readonly referenceId: string | null;
  readonly customerId: string | null;
  readonly cardNumber: string;
  readonly captureMethod: 'Auto' | 'Manual';
}

type Fields = Readonly<Record<string, unknown>>;

/** The members of each object; Flute refuses all others. */
const MEMBERS = {
  CreateTransactionRequestDto: [
    'paymentProcessorId',
    'baseAmount',
    'currencyCode',
    'referenceId',
    'customerId',
    'isCustomerInitiatedTransaction',
    'pricingType',
    'transactionDetails',
    'extraAmounts',
    'contactInfo',
    'billingAddress',
    'shippingAddress',
    'transactionEnhancedData',
  ],
  TransactionDetailsDto: ['cardData', 'achData'],
  CardDataDto: ['paymentMethodId', 'paymentMethodDetails', 'captureMethod'],
  CardDetailsDto: ['cardNumber', 'securityCode', 'expirationMonth', 'expirationYear'],
} as const;

/**
 * Reads the body of a new card transaction, or says why Flute would not take it. Cards that are new
 * to Flute only.
 */
export function readTransactionRequest(
  settings: FluteSettings,
  records: Records,
  text: string,
): { readonly request: TransactionRequest } | { readonly refusal: Answer } {
  const edge = (rule: string, name: string, message: string) => {
    records.violate(rule, message);
    const title = 'One or more validation errors occurred.';
    return { refusal: edgeProblemAnswer(400, title, { [name]: [message] }) };
  };
  const body = readObject(text);
  if (!body) return edge('not_json', '$', 'The body is not a JSON object.');
  const details = objectIn(body, 'transactionDetails');
  const cardData = objectIn(details, 'cardData');
  const card = objectIn(cardData, 'paymentMethodDetails');
  const unknown =
    unknownMember('CreateTransactionRequestDto', body) ??
    unknownMember('TransactionDetailsDto', details) ??
    unknownMember('CardDataDto', cardData) ??
    unknownMember('CardDetailsDto', card);
  if (unknown !== undefined) {
    const { name, type } = unknown;
    const message = `The JSON property '${name}' could not be mapped to any .NET member contained in type '${type}'.`;
    return edge('unknown_member', '$', message);
  }
  const errors: Record<string, string[]> = {};
  const demand = (name: string, good: boolean, message: string) => {
    if (!good) errors[name] = [message];
  };
  const { paymentProcessorId, baseAmount, currencyCode, referenceId, customerId } = body;
  const cardNumber = card?.['cardNumber'];
  const captureMethod = cardData?.['captureMethod'] ?? 'Auto';
  demand('paymentProcessorId', isText(paymentProcessorId), 'It is required.');
  demand('baseAmount', isAmount(baseAmount), 'Dollars greater than zero, with two decimals.');
  demand('currencyCode', currencyCode === undefined || currencyCode === 'USD', 'Not supported.');
  demand('referenceId', isOptionalText(referenceId), 'Not a text.');
  demand('customerId', isOptionalText(customerId), 'Not a text.');
  demand('captureMethod', captureMethod === 'Auto' || captureMethod === 'Manual', 'Unknown.');
  demand(
    'transactionDetails',
    details?.['achData'] === undefined && typeof cardNumber === 'string',
    'cardData.paymentMethodDetails is required; the sandbox takes cards only.',
  );
  if (Object.keys(errors).length > 0) {
    records.violate('invalid_transaction', `Not valid: ${Object.keys(errors).join(', ')}.`);
    const message = 'One or more validation errors occurred.';
    return { refusal: envelopeAnswer(settings, 400, message, { errors }) };
  }
  return {
    request: {
      paymentProcessorId: paymentProcessorId as string,
      baseAmount: baseAmount as number,
      currencyCode: 'USD',
      referenceId: (referenceId as string | undefined) ?? null,
      customerId: (customerId as string | undefined) ?? null,
      cardNumber: cardNumber as string,
      captureMethod: captureMethod as 'Auto' | 'Manual',
    },
  };
}

function unknownMember(type: keyof typeof MEMBERS, value: Fields | undefined) {
  const known: readonly string[] = MEMBERS[type];
  const name = Object.keys(value ?? {}).find((member) => !known.includes(member));
  return name === undefined ? undefined : { name: name.slice(0, 100), type };
}

function objectIn(value: Fields | undefined, name: string): Fields | undefined {
  return asObject(value?.[name]);
}

function readObject(text: string): Fields | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const asObject = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : undefined;

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

const isOptionalText = (value: unknown): boolean => value === undefined || isText(value);

const isAmount = (value: unknown): boolean =>
  typeof value === 'number' && value > 0 && Number(value.toFixed(2)) === value;
