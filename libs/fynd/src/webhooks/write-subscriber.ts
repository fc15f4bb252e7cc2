import { FlockError } from '@nest-flock/core';
import type { ConnectionClient } from '@nest-flock/core';
import { membersOf } from '@nest-flock/core/provider';
import { slugOf } from './fynd.webhook-input.js';
import type { FyndWebhookInput } from './fynd.webhook-input.js';
import type { Extension } from './subscriber-bodies.js';
import { eventName, namedEvents, subscriberBody, upsertBody } from './subscriber-bodies.js';
import { partOf } from './subscriber.js';
import type { Subscriber } from './subscriber.js';

export type SubscriberVersion = 'v3.0' | 'v2.0' | 'v1.0';

const route = (version: SubscriberVersion, { companyId }: Extension): string =>
  `/service/platform/webhook/${version}/company/${companyId}/subscriber`;

/**
 * Writes the subscriber in the newest version that the cluster has; an older one answers 404 to the
 * others. `alone`: the extension has no subscribers of other kinds, which an upsert of everything
 * would end.
 */
export async function writeSubscriber(
  client: ConnectionClient,
  extension: Extension,
  wanted: FyndWebhookInput,
  now: Subscriber | undefined,
  alone: boolean,
): Promise<SubscriberVersion> {
  if (alone) {
    const body = upsertBody(wanted, extension);
    const { status } = await client.put(route('v3.0', extension), body, { accept: [404] });
    if (status !== 404) return 'v3.0';
  }
  const body = subscriberBody(wanted, extension, now?.id);
  // A subscriber that exists already is found, and not made twice, by the next synchronisation.
  const method = now === undefined ? 'POST' : 'PUT';
  const { status } = await client.request(method, route('v2.0', extension), {
    body: { ...body, ...namedEvents(wanted) },
    accept: [404],
    repeatable: true,
  });
  if (status !== 404) return 'v2.0';
  const event_id = await eventIds(client, wanted);
  await client.request(method, route('v1.0', extension), {
    body: { ...body, event_id },
    repeatable: true,
  });
  return 'v1.0';
}

/** v1.0 knows events by their numbers alone. */
async function eventIds(client: ConnectionClient, { events }: FyndWebhookInput) {
  const { data } = await client.post(
    '/service/common/webhook/v1.0/events/query-event-details',
    events.map(eventName),
    { repeatable: true },
  );
  const listed = membersOf(data)?.event_configs;
  if (!Array.isArray(listed)) {
    throw new FlockError('provider_unavailable', 'Fynd answered the events in an unknown shape.');
  }
  const ids = new Map<string, unknown>();
  for (const one of listed.map(membersOf)) {
    if (one === undefined) continue;
    const [category, name, type, version] = [
      one.event_category,
      one.event_name,
      one.event_type,
      one.version,
    ].map(partOf) as [string, string, string, string];
    ids.set(slugOf({ category, name, type, version }), one.id);
  }
  return events.map((event) => {
    const id = ids.get(slugOf(event));
    if (id !== undefined) return id;
    throw new FlockError('invalid_request', `Fynd does not know the event ${slugOf(event)}.`);
  });
}
