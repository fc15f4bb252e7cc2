import { InputError } from '../server/input-error.js';
import { flag, oneOf, record, wholeNumber, type Check } from '../server/input.js';
import type { FyndEncoding, FyndGrace, FyndSettings } from './fynd-settings.js';

const seconds = wholeNumber(0, 'seconds');

const encoding: Check<FyndEncoding> = oneOf('json', 'form', 'either');

const grace: Check<FyndGrace> = (value, field) => ({
  kind: oneOf('none', 'until_used')(record(value, field)['kind'], `${field}.kind`),
});

const scopes: Check<string | undefined> = (value, field) => {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'string') throw new InputError(field, 'scopes separated by commas, or null');
  return value;
};

const CHECKS: { readonly [K in keyof FyndSettings]-?: Check<FyndSettings[K]> } = {
  onlineTokenSeconds: seconds,
  offlineTokenSeconds: seconds,
  codeSeconds: seconds,
  onlineEncoding: encoding,
  offlineEncoding: encoding,
  renewal: oneOf('guide', 'library', 'either'),
  rotation: flag,
  grace,
  omitExpiresIn: flag,
  errorStyle: oneOf('oauth', 'message'),
  denial: oneOf('page', 'redirect'),
  breakOut: flag,
  offlineScopesOverride: scopes,
  subscriberVersion: oneOf('v1.0', 'v2.0', 'v3.0'),
};

/** Names of all settings. */
export const SETTING_NAMES = Object.keys(CHECKS) as (keyof FyndSettings)[];

/** Checks the settings that are present; unknown names are the caller's business. */
export function readSettings(input: Readonly<Record<string, unknown>>): Partial<FyndSettings> {
  const present = SETTING_NAMES.filter((name) => input[name] !== undefined);
  return Object.fromEntries(present.map((name) => [name, CHECKS[name](input[name], name)]));
}
