import type { WebhookTarget } from '../webhooks/webhook-form.js';
import type { FlinksPayCustomer } from './flinks-pay-customer.js';

/**
 * The header that carries the signature. Three are documented: `flinks-authenticity-key` (HMAC
 * reference) and `X-Flinks-Signature` (HMAC guide), both base64, and `X-Webhook-Signature:
 * sha256=<HEX>` (guide to session webhooks).
 */
export const FLINKS_PAY_WEBHOOK_FORMS = [
  'authenticity-key',
  'signature',
  'webhook-signature',
] as const;
export type FlinksPayWebhookForm = (typeof FLINKS_PAY_WEBHOOK_FORMS)[number];

/** Where a customer is told of its sessions. */
export interface FlinksPayWebhook extends WebhookTarget {
  readonly customer: FlinksPayCustomer;
  readonly form: FlinksPayWebhookForm;
}

/** A webhook to be set; at Flinks that is a support ticket. */
export interface FlinksPayWebhookRegistration {
  readonly url: string;
  /** Default: random. */
  readonly secret?: string;
  /** Default `webhook-signature`. */
  readonly form?: FlinksPayWebhookForm;
  /** Default: the customer that is there from the start. */
  readonly customer?: FlinksPayCustomer;
}
