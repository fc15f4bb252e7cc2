import type { WebhookTarget } from '../webhooks/webhook-form.js';
import type { FluteEnvironment } from './flute-environment.js';
import type { FluteKey } from './flute-key.js';

/** A webhook endpoint of a key in one environment. */
export interface FluteWebhook extends WebhookTarget {
  readonly id: string;
  readonly key: FluteKey;
  readonly environment: FluteEnvironment;
  name: string;
  url: string;
  /** Empty: all. */
  eventTypes: readonly string[];
  enabled: boolean;
  readonly secret: string;
  readonly createdAt: string;
}

/** What an endpoint is added with. */
export interface FluteWebhookRegistration {
  readonly url: string;
  readonly environment: FluteEnvironment;
  /** Default: the key that is there from the start. */
  readonly key?: FluteKey;
  /** Default: all. */
  readonly eventTypes?: readonly string[];
  readonly name?: string;
}

/** Something that happened. The payload is thin: it names a resource, and clients fetch the rest. */
export interface FluteEvent {
  readonly environment: FluteEnvironment;
  readonly type: string;
  readonly resourceId: string;
  readonly resourceType: string;
  /** Whose endpoints are told. Default: those of the key that is there from the start. */
  readonly key?: FluteKey;
}

/** The events whose names are published in full. */
export const FLUTE_EVENT_TYPES = [
  ...['authorized', 'captured', 'declined', 'failed', 'refunded', 'voided'].map(
    (word) => `transaction.card.${word}`,
  ),
  ...[
    'scheduled',
    'in_progress',
    'held',
    'cancelled',
    'cleared',
    'charged_back',
    'failed',
    'refunded',
  ].map((word) => `transaction.ach.${word}`),
  'settlement.batch.completed',
  'payment_session.created',
  'payment_session.completed',
] as const;
