/** A transaction as the API shows it: amounts in dollars, not in cents. */
export interface FluteTransaction {
  readonly transactionId: string;
  readonly transactionStatus: 'Captured' | 'Authorized' | 'Declined';
  readonly transactionType: 'Sale' | 'Authorization';
  readonly transactionDateTime: string;
  readonly paymentMethodType: 'Card';
  readonly paymentProcessorId: string;
  readonly processedAmount: number;
  readonly currencyCode: string;
  readonly referenceId: string | null;
  readonly customerId: string | null;
  readonly cardDetails: { readonly maskedCardNumber: string };
  readonly declineDetails: { readonly code: string; readonly message: string } | null;
}
