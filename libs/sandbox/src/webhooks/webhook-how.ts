import { InputError } from '../server/input-error.js';
import {
  flag,
  oneOf,
  onlyKeys,
  optional,
  record,
  text,
  wholeNumber,
  type Check,
} from '../server/input.js';

/** Which secret a delivery is signed with. `both`: by the current and by the previous one, in one header. */
export type WebhookSign = 'current' | 'previous' | 'wrong' | 'none' | 'both';

/** In what an event is sent differently from how the provider would. */
export interface WebhookHow {
  /** Send it so often, at once, under one id. Default 1. */
  readonly copies?: number;
  /** Wait before the first attempt. Default 0. */
  readonly delayMs?: number;
  /** Added to the timestamp that is signed. Default 0. */
  readonly timestampOffsetSeconds?: number;
  /** Default: the current secret, and after a rotation for a while the previous one along with it. */
  readonly sign?: WebhookSign;
  /** Sent, and signed, in place of the event's JSON. */
  readonly body?: string;
  /** Further headers; these win. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether a failure is followed by retries. Default true. */
  readonly retry?: boolean;
  /** Default: the event's own id, else a new one. */
  readonly eventId?: string;
}

const anyNumber: Check<number> = (value, field) => {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new InputError(field, 'a whole number of seconds');
};

const anyText: Check<string> = (value, field) => {
  if (typeof value === 'string') return value;
  throw new InputError(field, 'a text');
};

const headers: Check<Record<string, string>> = (value, field) =>
  Object.fromEntries(
    Object.entries(record(value, field)).map(([name, one]) => {
      if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) throw new InputError(field, 'names of headers');
      return [name.toLowerCase(), anyText(one, `${field}.${name}`)];
    }),
  );

const CHECKS: { readonly [K in keyof WebhookHow]-?: Check<WebhookHow[K]> } = {
  copies: optional(wholeNumber(1, 'copies', 10_000)),
  delayMs: optional(wholeNumber(0, 'milliseconds')),
  timestampOffsetSeconds: optional(anyNumber),
  sign: optional(oneOf('current', 'previous', 'wrong', 'none', 'both')),
  body: optional(anyText),
  headers: optional(headers),
  retry: optional(flag),
  eventId: optional(text),
};

/** Checks what is present. Throws an `InputError` that names a wrong or unknown field. */
export function readHow(value: unknown): WebhookHow {
  if (value === undefined) return {};
  const input = record(value, 'how');
  const names = Object.keys(CHECKS) as (keyof WebhookHow)[];
  onlyKeys(input, names, 'how.');
  const present = names.filter((name) => input[name] !== undefined);
  return Object.fromEntries(
    present.map((name) => [name, CHECKS[name](input[name], `how.${name}`)]),
  );
}
