import { checkReceiverUrl, invalidField } from '@nest-flock/core/provider';

/** An event that a company's subscriber is sent. */
export interface FyndWebhookEvent {
  /** Such as `company` or `application`. */
  readonly category: string;
  /** Such as `product`. */
  readonly name: string;
  /** Such as `create`. */
  readonly type: string;
  readonly version: string | number;
  /** JSONPath conditions, as Fynd documents them. */
  readonly filters?: Readonly<Record<string, unknown>>;
  /** What of the event is sent, as Fynd documents it. */
  readonly reducer?: Readonly<Record<string, unknown>>;
}

/** What the subscriber of an extension in a company should be. */
export interface FyndWebhookInput {
  /** https; plain http only for this machine, outside of production. */
  readonly url: string;
  readonly events: readonly FyndWebhookEvent[];
  /** Who is told when deliveries fail. */
  readonly notificationEmail: string;
  /** Sales channels whose events are sent; default all. */
  readonly applicationIds?: readonly string[];
  /** Default `true`; a subscriber that Fynd blocked is activated again. */
  readonly enabled?: boolean;
}

const PART = /^[A-Za-z0-9_.-]{1,100}$/;
const EMAIL = /^[^\s@]{1,100}@[^\s@]{1,200}$/;

const isPart = (value: unknown): boolean =>
  (typeof value === 'string' || typeof value === 'number') && PART.test(String(value));

/** @throws FlockError `invalid_request` that names the field */
export function checkInput(input: FyndWebhookInput): void {
  checkReceiverUrl(input.url);
  const { events, notificationEmail, applicationIds } = input;
  if (!Array.isArray(events) || events.length === 0) {
    throw invalidField('events', 'at least one event; enabled: false stops them all');
  }
  for (const [index, event] of (events as readonly FyndWebhookEvent[]).entries()) {
    for (const field of ['category', 'name', 'type', 'version'] as const) {
      if (!isPart(event?.[field])) {
        throw invalidField(`events[${index}].${field}`, 'a part of the name of an event');
      }
    }
  }
  if (new Set(events.map(slugOf)).size < events.length)
    throw invalidField('events', 'each event once');
  if (typeof notificationEmail !== 'string' || !EMAIL.test(notificationEmail)) {
    throw invalidField('notificationEmail', 'an e-mail address');
  }
  if (applicationIds === undefined) return;
  const usable = Array.isArray(applicationIds) && applicationIds.length > 0;
  if (!usable || !applicationIds.every(isPart)) {
    throw invalidField('applicationIds', 'ids of sales channels, or none for all');
  }
}

/** How Fynd names an event. */
export const slugOf = ({
  category,
  name,
  type,
  version,
}: Pick<FyndWebhookEvent, 'category' | 'name' | 'type' | 'version'>): string =>
  `${category}/${name}/${type}/v${version}`;
