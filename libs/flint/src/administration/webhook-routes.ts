import { FlockError } from '@nest-flock/core';
import { checkId } from './answer.js';
import type { FlintWebhookInput } from './flint.webhook-input.js';
import { APPS } from './partner-apps.js';

/** Which endpoint: an app has one in the guide, and several with ids in the newer contract. */
export interface FlintWebhookRef {
  /** Needed for the newer contract. */
  readonly webhookId?: string;
  /** Of which app, for the guide; default the one of the configuration. */
  readonly appId?: string;
}

/** The webhook routes of one contract; `appId` has been checked. */
export interface WebhookRoutes {
  /** Endpoints have ids. */
  readonly identified: boolean;
  create(appId: string): string;
  one(appId: string, webhookId: string | undefined): string;
  rotate(webhookId: string | undefined): string;
  body(appId: string, input: FlintWebhookInput): Readonly<Record<string, unknown>>;
}

/** Install guide, step 7. Reading and deleting at the same path is our reading of it. */
const GUIDE: WebhookRoutes = {
  identified: false,
  create: (appId) => `${APPS}/${appId}/webhook`,
  one: (appId) => `${APPS}/${appId}/webhook`,
  rotate: () => {
    throw new FlockError(
      'invalid_request',
      "The install guide has no route that rotates a webhook's secret; set administration (FLINT_ADMINISTRATION) to 2026-09-07.",
    );
  },
  body: (_appId, { url, sourceType, eventTypes, mode, enabled }) => ({
    url,
    source_type: sourceType,
    ...(eventTypes !== undefined && { event_types: eventTypes }),
    ...(mode !== undefined && { mode }),
    enabled: enabled ?? true,
  }),
};

export const ENDPOINTS = '/v1/webhook-endpoints';

/** The public contract of 2026-09-07. */
const CONTRACT_2026_09_07: WebhookRoutes = {
  identified: true,
  create: () => ENDPOINTS,
  one: (_appId, webhookId) => `${ENDPOINTS}/${checkId(webhookId, 'webhookId')}`,
  rotate: (webhookId) => `${ENDPOINTS}/${checkId(webhookId, 'webhookId')}/rotate-secret`,
  body: (appId, { url, sourceType, eventTypes, mode, enabled }) => ({
    url,
    event_sources: [sourceType === 'app' ? 'partner_app' : sourceType],
    partner_app_id: appId,
    // Empty means all lifecycle events.
    enabled_events: eventTypes ?? [],
    mode: sourceType === 'app' ? 'both' : mode,
    // Endpoints are enabled unless somebody says otherwise.
    ...(enabled === false && { enabled }),
  }),
};

export const webhookRoutes = (administration: 'guide' | '2026-09-07'): WebhookRoutes =>
  administration === 'guide' ? GUIDE : CONTRACT_2026_09_07;
