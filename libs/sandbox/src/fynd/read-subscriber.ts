import { InputError } from '../server/input-error.js';
import { oneOf, optional, record, text } from '../server/input.js';
import { webhookUrl } from '../webhooks/webhook-url.js';
import type { FyndEventIds } from './fynd-event-ids.js';
import type { FyndEventName, FyndSubscriber } from './fynd-webhook.js';

/** The three generations of the subscriber route. */
export type FyndSubscriberVersion = 'v1.0' | 'v2.0' | 'v3.0';

type Read = Pick<FyndSubscriber, 'url' | 'secret' | 'status' | 'events' | 'association' | 'email'>;
type Input = Readonly<Record<string, unknown>>;

/** Checks a subscription. Throws an `InputError` that names the field; fields nobody reads may be there. */
export function readSubscriber(
  version: FyndSubscriberVersion,
  body: Input,
  ids: FyndEventIds,
): Read {
  if (version !== 'v3.0') {
    return {
      ...common(body, '', 'email_id'),
      ...target(body, ''),
      events: version === 'v2.0' ? slugs(body['events']) : byIds(body['event_id'], ids),
    };
  }
  const config = record(body['webhook_config'], 'webhook_config');
  const map = record(config['event_map'], 'webhook_config.event_map');
  const path = 'webhook_config.event_map.rest';
  const rest = record(map['rest'], path);
  const events = list(rest['events'], `${path}.events`).map((entry, index) =>
    readEventName(entry, `${path}.events[${index}]`),
  );
  return {
    ...common(config, 'webhook_config.', 'notification_email'),
    ...target(rest, `${path}.`),
    events,
  };
}

/** An event as `query-event-details` and version 3 word it. */
export function readEventName(value: unknown, field: string): FyndEventName {
  const input = record(value, field);
  return {
    category: text(input['event_category'], `${field}.event_category`),
    name: text(input['event_name'], `${field}.event_name`),
    type: text(input['event_type'], `${field}.event_type`),
    version: versionText(input['version'], `${field}.version`),
  };
}

function common(
  input: Input,
  path: string,
  emailName: string,
): Pick<Read, 'status' | 'association' | 'email'> {
  return {
    status: optional(oneOf('active', 'inactive'))(input['status'], `${path}status`) ?? 'active',
    association: optional(record)(input['association'], `${path}association`) ?? {},
    email: text(input[emailName], `${path}${emailName}`),
  };
}

function target(input: Input, path: string): Pick<Read, 'url' | 'secret'> {
  const auth = record(input['auth_meta'], `${path}auth_meta`);
  oneOf('hmac')(auth['type'], `${path}auth_meta.type`);
  return {
    url: webhookUrl(input['webhook_url'], `${path}webhook_url`),
    secret: text(auth['secret'], `${path}auth_meta.secret`),
  };
}

function slugs(value: unknown): FyndEventName[] {
  return list(value, 'events').map((entry, index) => {
    const field = `events[${index}]`;
    const slug = text(record(entry, field)['slug'], `${field}.slug`);
    const [, category, name, type, version] = /^([^/]+)\/([^/]+)\/([^/]+)\/v(.+)$/.exec(slug) ?? [];
    if (!category || !name || !type || !version) {
      throw new InputError(`${field}.slug`, 'category/name/type/v<version>');
    }
    return { category, name, type, version };
  });
}

function byIds(value: unknown, ids: FyndEventIds): FyndEventName[] {
  return list(value, 'event_id').map((id, index) => {
    const event = ids.byId(Number(id));
    if (!event) throw new InputError(`event_id[${index}]`, 'an id of query-event-details');
    return event;
  });
}

function list(value: unknown, field: string): unknown[] {
  if (!Array.isArray(value)) throw new InputError(field, 'a list');
  return value;
}

function versionText(value: unknown, field: string): string {
  return typeof value === 'number' ? String(value) : text(value, field);
}
