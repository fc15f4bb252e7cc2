import {
  flag,
  onlyKeys,
  oneOf,
  optional,
  record,
  text,
  texts,
  wholeNumber,
  type Check,
} from '../server/input.js';
import type { FlexPayCardValues, FlexPaySettings } from './flex-pay-settings.js';

const card: Check<FlexPayCardValues> = (value, field) => {
  const input = record(value, field);
  onlyKeys(input, ['number', 'ccv', 'nameOnCard'], `${field}.`);
  const read = (name: string) => optional(text)(input[name], `${field}.${name}`);
  return { number: read('number'), ccv: read('ccv'), nameOnCard: read('nameOnCard') };
};

const CHECKS: { readonly [K in keyof FlexPaySettings]-?: Check<FlexPaySettings[K]> } = {
  accessTokenSeconds: wholeNumber(0, 'seconds'),
  sendExpiresIn: flag,
  tokenErrors: oneOf('api', 'oauth'),
  cardPath: oneOf('payment', 'card', 'either'),
  blockAddress: flag,
  allowedAddresses: texts,
  card,
};

/** Names of all settings. */
export const SETTING_NAMES = Object.keys(CHECKS) as (keyof FlexPaySettings)[];

/** Checks the settings that are present; unknown names are the caller's business. */
export function readSettings(input: Readonly<Record<string, unknown>>): Partial<FlexPaySettings> {
  const present = SETTING_NAMES.filter((name) => input[name] !== undefined && input[name] !== null);
  return Object.fromEntries(present.map((name) => [name, CHECKS[name](input[name], name)]));
}
