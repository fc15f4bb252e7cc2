import { InputError } from '../server/input-error.js';
import { flag, onlyKeys, wholeNumber, type Check } from '../server/input.js';

/** How an emulated provider sends webhooks. Every field may be changed while it runs. */
export interface WebhookSettings {
  /** How long to wait before each retry. As many retries as there are entries; empty: none. */
  retryDelaysMs: readonly number[];
  /** How long to wait for an answer. Default 10000. */
  timeoutMs: number;
  /** Whether deliveries are kept back until `release()`. Default false. */
  hold: boolean;
}

const milliseconds = wholeNumber(0, 'milliseconds');

const delays: Check<number[]> = (value, field) => {
  if (!Array.isArray(value)) throw new InputError(field, 'a list of milliseconds');
  return value.map((entry, index) => milliseconds(entry, `${field}[${index}]`));
};

const CHECKS: { readonly [K in keyof WebhookSettings]-?: Check<WebhookSettings[K]> } = {
  retryDelaysMs: delays,
  timeoutMs: wholeNumber(1, 'milliseconds'),
  hold: flag,
};

/** Checks the settings that are present. Throws an `InputError` that names a wrong or unknown one. */
export function readWebhookSettings(
  input: Readonly<Record<string, unknown>>,
): Partial<WebhookSettings> {
  const names = Object.keys(CHECKS) as (keyof WebhookSettings)[];
  onlyKeys(input, names, 'webhooks.');
  const present = names.filter((name) => input[name] !== undefined);
  return Object.fromEntries(
    present.map((name) => [name, CHECKS[name](input[name], `webhooks.${name}`)]),
  );
}
