import { membersOf } from '@nest-flock/core/provider';
import type { Members } from '@nest-flock/core/provider';
import { slugOf } from './fynd.webhook-input.js';

/** An event as a subscriber has it. */
export interface SubscribedEvent {
  readonly slug: string;
  readonly filters?: unknown;
  readonly reducer?: unknown;
}

/** A subscriber as Fynd keeps it, as far as it is compared. */
export interface Subscriber {
  readonly id: unknown;
  /** `rest`, `kafka`, `sqs` and others. */
  readonly provider: string;
  readonly url: unknown;
  readonly email: unknown;
  readonly status: unknown;
  readonly criteria: unknown;
  readonly applicationIds: readonly unknown[];
  readonly authType: unknown;
  /** Never leaves the comparison. */
  readonly secret: unknown;
  readonly events: readonly SubscribedEvent[];
}

/** Reads the subscribers of an extension; `undefined` when the answer is no list of them. */
export function readSubscribers(body: unknown): readonly Subscriber[] | undefined {
  const items = membersOf(body)?.items;
  if (!Array.isArray(items)) return undefined;
  const read = items.map((item) => membersOf(item));
  return read.every((item) => item !== undefined) ? read.map(readSubscriber) : undefined;
}

function readSubscriber(item: Members): Subscriber {
  const association = membersOf(item.association);
  const auth = membersOf(item.auth_meta);
  const events = Array.isArray(item.event_configs) ? item.event_configs : [];
  return {
    id: item.id,
    // The oldest ones are of webhooks alone and do not say so.
    provider: typeof item.provider === 'string' ? item.provider : 'rest',
    url: item.webhook_url,
    email: item.email_id,
    status: item.status,
    criteria: association?.criteria,
    applicationIds: Array.isArray(association?.application_id) ? association.application_id : [],
    authType: auth?.type,
    secret: auth?.secret,
    events: events.flatMap((event) => readEvent(membersOf(event))),
  };
}

function readEvent(event: Members | undefined): SubscribedEvent[] {
  if (event === undefined) return [];
  const mapping = membersOf(event.subscriber_event_mapping);
  const slug = slugOf({
    category: partOf(event.event_category),
    name: partOf(event.event_name),
    type: partOf(event.event_type),
    version: partOf(event.version),
  });
  return [{ slug, filters: mapping?.filters, reducer: mapping?.reducer }];
}

/** A part of an event's name; what is neither text nor number is none. */
export const partOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';
