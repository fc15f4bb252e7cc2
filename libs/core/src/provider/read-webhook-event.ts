import { fitsColumn } from './read-json.js';
import type { RegisteredApp } from './registered-app.js';
import type { WebhookEvent } from './webhook-definition.js';

const LONGEST_ID = 190;

/**
 * What an event says, by its provider's definition. One that names somebody by an id that no row can
 * have names nobody: with the rest of its ids it would speak of more than was meant.
 */
export function readWebhookEvent(
  { definition, options }: RegisteredApp,
  payload: Readonly<Record<string, unknown>>,
  tenant: string | undefined,
): WebhookEvent | undefined {
  const event = definition.webhooks?.read(payload, { options, tenant });
  if (event === undefined) return undefined;
  const { account, merchant, install, environment, ...rest } = event;
  const ids = [account, merchant, install, environment];
  const usable = ids.every((id) => id === undefined || fitsColumn(id, LONGEST_ID));
  return usable ? event : rest;
}
