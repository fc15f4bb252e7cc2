import { declineOf } from '@nest-flock/flute';

/** What this host reads of a transaction; Flute's amounts are dollars. */
export interface Transaction {
  readonly transactionId: string;
  readonly transactionStatus: string;
  readonly transactionDateTime?: string;
  readonly processedAmount?: number;
  readonly currencyCode?: string;
  readonly paymentProcessorId?: string;
  readonly cardDetails?: { readonly maskedCardNumber?: string };
}

/** A transaction as the page shows it. */
export interface TransactionView {
  readonly time?: string;
  readonly amount: string;
  readonly card?: string;
  readonly status: string;
  /** Why it was declined, where it was. */
  readonly declined?: string;
  readonly transaction: string;
}

export function viewOf(transaction: Transaction): TransactionView {
  const { transactionDateTime: time, processedAmount = 0, currencyCode = 'USD' } = transaction;
  const card = transaction.cardDetails?.maskedCardNumber;
  const decline = declineOf(transaction);
  return {
    ...(time !== undefined && { time }),
    amount: `${processedAmount.toFixed(2)} ${currencyCode}`,
    ...(card !== undefined && { card }),
    status: transaction.transactionStatus,
    ...(decline !== undefined && { declined: decline.code ?? 'no code given' }),
    transaction: transaction.transactionId,
  };
}
