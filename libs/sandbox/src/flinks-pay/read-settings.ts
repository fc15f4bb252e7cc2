import { flag, oneOf, wholeNumber, type Check } from '../server/input.js';
import type { FlinksPaySettings } from './flinks-pay-settings.js';

const CHECKS: { readonly [K in keyof FlinksPaySettings]-?: Check<FlinksPaySettings[K]> } = {
  accessTokenSeconds: wholeNumber(0, 'seconds'),
  clientAuthentication: oneOf('form', 'basic', 'either'),
  singleUse: oneOf('all', 'v1'),
  clientUrlsField: oneOf('clientUrls', 'clientURIs'),
  secondPaymentRequest: oneOf('same', 'refuse'),
  statusNeedsToken: flag,
  cancelReleased: flag,
  regularEft: flag,
};

/** Names of all settings. */
export const SETTING_NAMES = Object.keys(CHECKS) as (keyof FlinksPaySettings)[];

/** Checks the settings that are present; unknown names are the caller's business. */
export function readSettings(input: Readonly<Record<string, unknown>>): Partial<FlinksPaySettings> {
  const present = SETTING_NAMES.filter((name) => input[name] !== undefined);
  return Object.fromEntries(present.map((name) => [name, CHECKS[name](input[name], name)]));
}
