import type { FlexPayClient } from './flex-pay-client.js';

/** An order, with what the buyer made of it. */
export interface FlexPayOrder {
  readonly id: string;
  readonly client: FlexPayClient;
  /** As it was sent. */
  readonly sent: Readonly<Record<string, unknown>>;
  readonly cents: number;
  readonly currency: 'USD' | 'CAD';
  readonly confirmationUrl: string;
  readonly cancelUrl: string;
  readonly redirectUrl: string;
  decision: 'open' | 'approved' | 'declined';
  confirmationId?: string;
  /** Issued once the buyer's application is approved. */
  card?: Readonly<Record<string, unknown>>;
  /** What transactions have taken of the approved amount, in cents. */
  authorizedCents: number;
}

/** One Direct Settle transaction; amounts in cents. */
export interface FlexPayTransaction {
  readonly id: string;
  readonly order: FlexPayOrder;
  readonly original: number;
  readonly created: string;
  readonly authorizationExpiration: string;
  readonly merchantReferenceId?: string;
  remaining: number;
  captured: number;
  refunded: number;
  status: string;
  readonly events: Readonly<Record<string, unknown>>[];
}
