import type { HiddenSecret } from '@nest-flock/core';
import { anyTextOf, membersOf, pathIdOf, textsOf } from '@nest-flock/core/provider';
import { withoutSecrets } from './answer.js';

/** A webhook endpoint of a partner app. */
export interface FlintWebhook {
  /** Needed by the calls of the newer contract; the guide has one endpoint for an app. */
  readonly webhookId?: string;
  readonly url: string;
  /** `app` or `installed_merchants`; an open set. */
  readonly sourceType: string;
  /** Empty: all lifecycle events. */
  readonly eventTypes: readonly string[];
  readonly mode: string;
  readonly enabled: boolean;
  /** The whole of it, by Flint's own field names, without secrets. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** The signing secret of a webhook, and where it is. */
export interface FlintWebhookSecret {
  /** Shown this once. Absent where Flint answered without it. */
  readonly secret?: HiddenSecret;
  /** It is kept sealed, and deliveries are verified with it. */
  readonly stored: boolean;
  /** What is likely not as it was meant; also logged. */
  readonly warnings: readonly string[];
}

export interface FlintCreatedWebhook extends FlintWebhook, FlintWebhookSecret {}

/** Reads an endpoint in the words of the guide and of the newer contract. */
export function readWebhook(value: unknown): FlintWebhook | undefined {
  const webhook = membersOf(value);
  if (webhook === undefined) return undefined;
  const webhookId = pathIdOf(webhook.webhook_endpoint_id) ?? pathIdOf(webhook.webhook_id);
  return {
    ...(webhookId !== undefined && { webhookId }),
    url: anyTextOf(webhook.url),
    sourceType: sourceOf(webhook.source_type ?? textsOf(webhook.event_sources)[0]),
    eventTypes: textsOf(webhook.event_types ?? webhook.enabled_events),
    mode: anyTextOf(webhook.mode),
    enabled: webhook.enabled !== false,
    data: withoutSecrets(webhook),
  };
}

/** The newer contract says `partner_app` for the guide's `app`. */
const sourceOf = (value: unknown): string => (value === 'partner_app' ? 'app' : anyTextOf(value));
