import { InputError } from '../server/input-error.js';
import { flag, oneOf, onlyKeys, optional, text, texts } from '../server/input.js';
import { webhookUrl } from '../webhooks/webhook-url.js';
import { LIFECYCLE_EVENTS, type FlintWebhookRegistration } from './flint-webhook.js';

const SOURCES = ['app', 'partner_app', 'installed_merchants'] as const;
const FIELDS = ['url', 'source_type', 'event_types', 'mode', 'enabled', 'description'];

/** The names of the fields in an endpoint's JSON: those of the guide, or of the newer contract. */
export interface WebhookFieldNames {
  readonly source: string;
  readonly events: string;
}
const GUIDE: WebhookFieldNames = { source: 'source_type', events: 'event_types' };

/**
 * Checks an endpoint as the guide words it. Throws an `InputError` that names the field; `modeNeeded`:
 * `installed_merchants` must say its mode.
 */
export function readWebhook(
  input: Readonly<Record<string, unknown>>,
  modeNeeded = false,
  names: WebhookFieldNames = GUIDE,
): FlintWebhookRegistration {
  onlyKeys({ ...input }, FIELDS);
  const url = webhookUrl(input['url'], 'url');
  const source_type = oneOf(...SOURCES)(input['source_type'], names.source);
  const event_types = optional(texts)(input['event_types'], names.events) ?? [];
  const given = optional(oneOf('test', 'live', 'both'))(input['mode'], 'mode');
  const enabled = optional(flag)(input['enabled'], 'enabled');
  const description = optional(text)(input['description'], 'description');
  if (source_type === 'installed_merchants') {
    if (event_types.length === 0) throw new InputError(names.events, 'at least one event type');
    if (modeNeeded && given === undefined) throw new InputError('mode', 'test, live or both');
  } else {
    checkLifecycle(event_types, names.events);
    if (given !== undefined && given !== 'both') {
      throw new InputError('mode', 'both: lifecycle events are of no mode');
    }
  }
  return { url, source_type, event_types, mode: given ?? 'both', enabled, description };
}

function checkLifecycle(eventTypes: readonly string[], field: string): void {
  const known: readonly string[] = LIFECYCLE_EVENTS;
  const index = eventTypes.findIndex((type) => !known.includes(type));
  if (index >= 0) throw new InputError(`${field}[${index}]`, `one of ${known.join(', ')}`);
}
