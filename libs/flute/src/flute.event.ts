import { OnWebhook } from '@nest-flock/core';
import type { OnWebhookOptions } from '@nest-flock/core';

/** The method is called with each event of this type, or of a pattern such as `transaction.*`. */
export const OnFluteEvent = (type: FluteEventType, options: OnWebhookOptions = {}) =>
  OnWebhook('flute', type, options);

/** Of the webhook reference; an open set. */
export type FluteEventType =
  | 'transaction.card.authorized'
  | 'transaction.card.captured'
  | 'transaction.card.declined'
  | 'transaction.card.failed'
  | 'transaction.card.refunded'
  | 'transaction.card.voided'
  | 'transaction.ach.cleared'
  | 'transaction.ach.charged_back'
  | 'transaction.ach.failed'
  | 'settlement.batch.completed'
  | 'ping'
  | 'transaction.*'
  | '*'
  | (string & {});

/** An event as Flute sends it: only an id, fetch the resource for the rest. */
export interface FluteEvent {
  readonly id: string;
  readonly type: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly apiVersion?: string;
  readonly data: {
    readonly object: { readonly id: string; readonly resourceType: string };
  };
}
