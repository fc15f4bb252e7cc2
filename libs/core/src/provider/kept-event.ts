import { readWebhookEvent } from './read-webhook-event.js';
import type { RegisteredApp } from './registered-app.js';
import type { LifecycleChange, WebhookEvent } from './webhook-definition.js';

/** What was read of an event when it came, kept with its body: whose it is, and what it changes. */
export interface KeptEvent extends Pick<
  WebhookEvent,
  'environment' | 'account' | 'merchant' | 'install'
> {
  readonly change?: LifecycleChange;
}

/** A tenant knows its own secret alone, and changes nothing. */
export function keptOf(
  { definition }: RegisteredApp,
  event: WebhookEvent,
  payload: Readonly<Record<string, unknown>>,
  tenant: string | undefined,
): KeptEvent {
  const { type: _type, id: _id, occurredAt: _at, ...named } = event;
  const change =
    tenant === undefined ? definition.webhooks?.lifecycle?.(event, payload) : undefined;
  return { ...named, ...(change !== undefined && { change }) };
}

/** `undefined` where the provider's definition knows no such event. */
export function readKeptEvent(
  app: RegisteredApp,
  payload: Readonly<Record<string, unknown>>,
  tenant: string | undefined,
): KeptEvent | undefined {
  const event = readWebhookEvent(app, payload, tenant);
  return event && keptOf(app, event, payload, tenant);
}
