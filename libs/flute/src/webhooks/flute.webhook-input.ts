import { checkReceiverUrl, invalidField } from '@nest-flock/core/provider';

/** Where Flute sends events. */
export interface FluteWebhookInput {
  /** https; plain http only for this machine, outside of production. */
  readonly url: string;
  readonly name: string;
  /** Such as `transaction.card.captured`; unset: left to Flute. */
  readonly eventTypes?: readonly string[];
  /** What Flute calls the name: `webhookName` since it was renamed, `name` before. Default `webhookName`. */
  readonly nameField?: 'webhookName' | 'name';
  /** What Flute calls the URL: its webhook CLI sends `endpointUrl`. Default `endpointUrl`. */
  readonly urlField?: 'endpointUrl' | 'url';
  /** Keeps the secret, sealed, for the verification of deliveries. Default `true`. */
  readonly store?: boolean;
  /**
   * Seconds for which the secrets of the account's other endpoints are still accepted. Default: for
   * good; set it when this endpoint replaces them.
   */
  readonly overlapSeconds?: number;
}

const EVENT = /^[a-z0-9_.]{1,128}$/i;

/**
 * The body that creates an endpoint. Flute refuses members that it does not know.
 * @throws FlockError `invalid_request` that names the field
 */
export function webhookBody(input: FluteWebhookInput): Record<string, unknown> {
  const { name, eventTypes, nameField = 'webhookName', urlField = 'endpointUrl' } = input;
  const url = checkReceiverUrl(input.url);
  if (typeof name !== 'string' || name.trim() === '') throw invalidField('name', 'a text');
  if (nameField !== 'webhookName' && nameField !== 'name') {
    throw invalidField('nameField', 'webhookName or name');
  }
  if (urlField !== 'endpointUrl' && urlField !== 'url') {
    throw invalidField('urlField', 'endpointUrl or url');
  }
  if (eventTypes !== undefined && !isEvents(eventTypes)) {
    throw invalidField('eventTypes', 'a list of event types');
  }
  const { overlapSeconds } = input;
  if (overlapSeconds !== undefined && !(Number.isInteger(overlapSeconds) && overlapSeconds >= 0)) {
    throw invalidField('overlapSeconds', 'whole seconds from 0');
  }
  return { [nameField]: name, [urlField]: url, ...(eventTypes !== undefined && { eventTypes }) };
}

const isEvents = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((one) => typeof one === 'string' && EVENT.test(one));
