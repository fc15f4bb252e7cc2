import { flag, onlyKeys, oneOf, record, wholeNumber, type Check } from '../server/input.js';
import { InputError } from '../server/input-error.js';
import type { FlintSettings, RotationGrace } from './flint-settings.js';

const seconds = wholeNumber(0, 'seconds');

const anySeconds: Check<number> = (value, field) => {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new InputError(field, 'a whole number of seconds, also below 0');
};

const grace: Check<RotationGrace> = (value, field) => {
  const input = record(value, field);
  const kind = oneOf('none', 'seconds', 'until_used')(input['kind'], `${field}.kind`);
  onlyKeys(input, kind === 'seconds' ? ['kind', 'seconds'] : ['kind'], `${field}.`);
  return kind === 'seconds'
    ? { kind, seconds: seconds(input['seconds'], `${field}.seconds`) }
    : { kind };
};

const scopes: Check<string | undefined> = (value, field) => {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'string') throw new InputError(field, 'scopes separated by spaces, or null');
  return value;
};

const CHECKS: { readonly [K in keyof FlintSettings]-?: Check<FlintSettings[K]> } = {
  accessTokenSeconds: seconds,
  codeSeconds: seconds,
  rotation: flag,
  grace,
  reuseDetection: flag,
  clientAuthentication: oneOf('basic', 'body', 'either'),
  reuseGrants: flag,
  insufficientScopeCode: oneOf('insufficient_scope', 'INSUFFICIENT_SCOPE'),
  scopesOverride: scopes,
  legacyHeaders: oneOf('none', 'also', 'only'),
  envelope: oneOf('partner', 'merchant'),
  webhookSecretInAnswer: flag,
  webhookOverlapSeconds: seconds,
  installsList: oneOf('whole', 'empty', 'half'),
  clockOffsetSeconds: anySeconds,
};

/** Names of all settings. */
export const SETTING_NAMES = Object.keys(CHECKS) as (keyof FlintSettings)[];

/** Checks the settings that are present; unknown names are the caller's business. */
export function readSettings(input: Readonly<Record<string, unknown>>): Partial<FlintSettings> {
  const present = SETTING_NAMES.filter((name) => input[name] !== undefined);
  return Object.fromEntries(present.map((name) => [name, CHECKS[name](input[name], name)]));
}
