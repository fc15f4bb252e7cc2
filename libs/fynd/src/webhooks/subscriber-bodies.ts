import { slugOf } from './fynd.webhook-input.js';
import type { FyndWebhookEvent, FyndWebhookInput } from './fynd.webhook-input.js';
import { ALL, SPECIFIC, statusOf } from './subscriber-difference.js';

/** Whose subscriber, and what its deliveries are signed with. */
export interface Extension {
  readonly companyId: string;
  readonly apiKey: string;
  readonly apiSecret: string;
}

/** One call sets all (v3.0). */
export function upsertBody(wanted: FyndWebhookInput, extension: Extension) {
  return {
    webhook_config: {
      notification_email: wanted.notificationEmail,
      name: extension.apiKey,
      association: { extension_id: extension.apiKey, ...association(wanted) },
      status: statusOf(wanted),
      event_map: {
        rest: {
          webhook_url: wanted.url,
          auth_meta: authMeta(extension),
          events: wanted.events.map((event) => ({ ...eventName(event), ...shape(event) })),
        },
      },
    },
  };
}

/** What v2.0 and v1.0 have in common. */
export const subscriberBody = (wanted: FyndWebhookInput, extension: Extension, id: unknown) => ({
  ...(id !== undefined && { id }),
  name: extension.apiKey,
  webhook_url: wanted.url,
  association: { company_id: extension.companyId, ...association(wanted) },
  status: statusOf(wanted),
  auth_meta: authMeta(extension),
  email_id: wanted.notificationEmail,
});

/** v2.0 names events. */
export const namedEvents = ({ events }: FyndWebhookInput) => ({
  provider: 'rest',
  events: events.map((event) => ({ slug: slugOf(event), ...shape(event) })),
});

/** How Fynd looks events up. */
export const eventName = ({ category, name, type, version }: FyndWebhookEvent) => ({
  event_category: category,
  event_name: name,
  event_type: type,
  version: String(version),
});

const shape = ({ filters, reducer }: FyndWebhookEvent) => ({
  ...(filters !== undefined && { filters }),
  ...(reducer !== undefined && { reducer }),
});

const association = ({ applicationIds }: FyndWebhookInput) => ({
  application_id: applicationIds ?? [],
  criteria: applicationIds === undefined ? ALL : SPECIFIC,
});

const authMeta = ({ apiSecret }: Extension) => ({ type: 'hmac', secret: apiSecret });
