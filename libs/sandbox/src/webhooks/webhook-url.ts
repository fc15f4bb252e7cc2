import { InputError } from '../server/input-error.js';
import type { Check } from '../server/input.js';
import { hostNameOf, isLoopbackName } from '../server/loopback-guard.js';

/** Whether providers would call it: HTTPS, or plain HTTP on this machine, where tests run. */
export function isWebhookUrl(value: unknown): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, host } = new URL(value);
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackName(hostNameOf(host)));
}

export const webhookUrl: Check<string> = (value, field) => {
  if (isWebhookUrl(value)) return value;
  throw new InputError(field, 'an https URL, or an http URL of this machine');
};
