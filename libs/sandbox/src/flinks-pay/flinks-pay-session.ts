/** One payment session, as the sandbox keeps it. */
export interface FlinksPaySession {
  readonly sessionId: string;
  readonly version: 'v1' | 'v2';
  /** Name of the customer that started it. */
  readonly customer: string;
  readonly referenceId: string;
  /** With two decimals, e.g. `10.50`. */
  readonly amount: string;
  /** `e-Transfer` or `EFT`; v1 knows only the first. */
  readonly type: string;
  /** What came in: the whole body of the start. */
  readonly request: Readonly<Record<string, unknown>>;
  /** First 16 hex digits of the SHA-256 of the token that started it. */
  readonly token_fingerprint: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Of the payment in v1, of the session in v2. An open set of words. */
  status: string;
  /** v1: set by the payment request; without it the hosted page cannot be completed. */
  requestId?: string;
  /** v1: set together with `requestId`. */
  paymentReferenceNumber?: string;
}
