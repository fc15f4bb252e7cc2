import { randomUUID } from 'node:crypto';
import { jsonAnswer, type Answer } from '../server/answer.js';
import type { FluteAccessToken } from './flute-token.js';
import type { FluteTransaction } from './flute-transaction.js';
import type { FluteWorld } from './flute-world.js';
import { envelopeAnswer } from './problem.js';
import { readTransactionRequest, type TransactionRequest } from './transaction-request.js';

const APPROVED_CARD = '4111111111111111';
const DECLINED_CARD = '4000000000000002';

/** `POST /v2/transactions`. Nothing at Flute answers 201, and a decline is a 200. */
export function createTransaction(
  world: FluteWorld,
  access: FluteAccessToken,
  text: string,
): Answer {
  const { settings, records, data, events } = world;
  const read = readTransactionRequest(settings, records, text);
  if ('refusal' in read) return read.refusal;
  const { request } = read;
  records.secrets.note(request.cardNumber);
  const transaction = carryOut(request);
  if (transaction.declineDetails === null && isDuplicate(world, access, transaction)) {
    const message = 'A transaction with the same amount was made a short time ago.';
    return envelopeAnswer(settings, 400, message, { errors: { IsDuplicate: [message] } });
  }
  data.add(access, transaction);
  events.transaction(access, transaction);
  return jsonAnswer(200, transaction);
}

function carryOut(request: TransactionRequest): FluteTransaction {
  const { cardNumber, captureMethod } = request;
  const manual = captureMethod === 'Manual';
  const declineDetails = declineOf(cardNumber);
  return {
    transactionId: randomUUID(),
    transactionStatus: declineDetails ? 'Declined' : manual ? 'Authorized' : 'Captured',
    transactionType: manual ? 'Authorization' : 'Sale',
    transactionDateTime: new Date().toISOString(),
    paymentMethodType: 'Card',
    paymentProcessorId: request.paymentProcessorId,
    processedAmount: request.baseAmount,
    currencyCode: request.currencyCode,
    referenceId: request.referenceId,
    customerId: request.customerId,
    cardDetails: { maskedCardNumber: `${cardNumber.slice(0, 6)}******${cardNumber.slice(-4)}` },
    declineDetails,
  };
}

function declineOf(cardNumber: string): FluteTransaction['declineDetails'] {
  if (cardNumber === APPROVED_CARD) return null;
  return cardNumber === DECLINED_CARD
    ? { code: 'DoNotHonor', message: 'The issuer declined the card.' }
    : { code: 'DeclineBinNotFound', message: 'The card number is not known.' };
}

/** Flute's duplicate control: same amount, last four digits and reference within a window. */
function isDuplicate(
  { settings, data }: FluteWorld,
  access: FluteAccessToken,
  wanted: FluteTransaction,
): boolean {
  const since = Date.now() - settings.duplicateSeconds * 1000;
  return data
    .transactions(access)
    .some(
      (other) =>
        other.declineDetails === null &&
        Date.parse(other.transactionDateTime) > since &&
        other.processedAmount === wanted.processedAmount &&
        other.referenceId === wanted.referenceId &&
        other.cardDetails.maskedCardNumber.slice(-4) ===
          wanted.cardDetails.maskedCardNumber.slice(-4),
    );
}
