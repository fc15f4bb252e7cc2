import type { WebhookTarget } from '../webhooks/webhook-form.js';
import type { FlintMode } from './flint-merchant.js';

/** What an endpoint is sent: the app's own lifecycle, or events of the merchants who installed it. */
export type FlintWebhookSource = 'app' | 'installed_merchants';

/** A webhook endpoint of an app. */
export interface FlintWebhook extends WebhookTarget {
  readonly webhook_id: string;
  readonly partner_app_id: string;
  url: string;
  readonly source_type: FlintWebhookSource;
  /** Empty: all lifecycle events. */
  event_types: readonly string[];
  /** `both` for lifecycle events. */
  mode: FlintMode | 'both';
  enabled: boolean;
  description?: string;
  /** `whsec_` and 32 bytes in base64. */
  secret: string;
  previousSecret?: string;
  overlapUntil?: number;
  readonly created_at: string;
  updated_at: string;
}

/** What an endpoint is added with. */
export interface FlintWebhookRegistration {
  readonly url: string;
  /** `partner_app` is the newer word for `app`. */
  readonly source_type: FlintWebhookSource | 'partner_app';
  /** Needed for `installed_merchants`; default for `app`: all lifecycle events. */
  readonly event_types?: readonly string[];
  /** Default `both`. */
  readonly mode?: FlintMode | 'both';
  /** Default true. */
  readonly enabled?: boolean;
  readonly description?: string;
}

/** An event of a merchant. */
export interface FlintMerchantEvent {
  readonly event_type: string;
  readonly merchant_id: string;
  readonly mode: FlintMode;
  /** Default: an id and a status, as the thin payloads have. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Default: a new one. */
  readonly event_id?: string;
}

/** Sent of an app's installs and their grants. */
export const LIFECYCLE_EVENTS = [
  'partner_app.install.created',
  'partner_app.install.updated',
  'partner_app.install.permissions_updated',
  'partner_app.install.revoked',
  'partner_app.install.environment_grant.created',
  'partner_app.install.environment_grant.revoked',
] as const;
export type FlintLifecycleEvent = (typeof LIFECYCLE_EVENTS)[number];
