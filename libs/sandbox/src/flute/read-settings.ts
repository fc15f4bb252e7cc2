import { flag, oneOf, wholeNumber, type Check } from '../server/input.js';
import type { FluteSettings } from './flute-settings.js';

const seconds = wholeNumber(0, 'seconds');

const CHECKS: { readonly [K in keyof FluteSettings]-?: Check<FluteSettings[K]> } = {
  accessTokenSeconds: seconds,
  refreshTokenSeconds: seconds,
  refreshTokens: flag,
  rotation: flag,
  clientAuthentication: oneOf('basic', 'body', 'either'),
  scopeRequired: flag,
  errorCase: oneOf('camel', 'pascal'),
  unauthorizedBody: oneOf('empty', 'envelope'),
  duplicateSeconds: seconds,
  paging: oneOf('pageInfo', 'total'),
  firstPage: oneOf(0, 1),
  webhookFields: oneOf('newer', 'older'),
  webhookCreatedStatus: oneOf(200, 201),
};

/** Names of all settings. */
export const SETTING_NAMES = Object.keys(CHECKS) as (keyof FluteSettings)[];

/** Checks the settings that are present; unknown names are the caller's business. */
export function readSettings(input: Readonly<Record<string, unknown>>): Partial<FluteSettings> {
  const present = SETTING_NAMES.filter((name) => input[name] !== undefined);
  return Object.fromEntries(present.map((name) => [name, CHECKS[name](input[name], name)]));
}
