/** A payment session to start with v1. Source: Sessions/Initiate page. */
export interface FlinksPaySessionStart {
  /** Canadian dollars as an exact decimal text, `'0.01'` to `'99999.99'`; the payer cannot change it. */
  readonly amount: string;
  /** 1 to 100 characters. FlinksPay compares it with the name at the bank; a mismatch fails the payment. */
  readonly customerName: string;
  /** At most 100 characters. */
  readonly customerEmail: string;
  /**
   * Your own id of this payment, 1 to 100 characters; default a random GUID. Keep it: it is what the
   * dashboard and the end-of-day files know the payment by.
   */
  readonly referenceId?: string;
  /** Where the payer is sent back to, by the names that were agreed at onboarding. */
  readonly clientUrls?: Readonly<Record<string, string>>;
}

/** A session that the payer can complete. */
export interface FlinksPaySession {
  readonly sessionId: string;
  readonly referenceId: string;
  /** For {@link FlinksPayService.paymentStatus}. */
  readonly requestId: string;
  /** The hosted page: send the payer there. */
  readonly url: string;
}

/** A session that was activated later. */
export type FlinksPayActivation = Omit<FlinksPaySession, 'referenceId'>;

/** How a v1 payment stands. */
export interface FlinksPayPayment {
  readonly requestId: string;
  /**
   * An open set; documented are `Initiated`, `Processing`, `Accepted` (the funds are guaranteed),
   * `Processed`, `Settled`, `Cancelled`, `Expired`, `Declined`.
   */
  readonly status: string;
  readonly paymentReferenceNumber?: string;
}

/** Where the payer completes a session (PaymentRequests page). */
export const hostedUrl = (baseUrl: string, sessionId: string): string =>
  `${baseUrl}/app/?sessionId=${encodeURIComponent(sessionId)}`;
