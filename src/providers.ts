import type { FlexPaySettings } from './flex-pay/flex-pay.feature.js';
import type { FlinksPaySettings } from './flinks-pay/flinks-pay.feature.js';
import type { FlintSettings } from './flint/flint.feature.js';
import type { FluteSettings } from './flute/flute.feature.js';
import type { FyndSettings } from './fynd/fynd.feature.js';

export const PROVIDERS = ['flint', 'flinks-pay', 'fynd', 'flute', 'flex-pay'] as const;
export type ProviderName = (typeof PROVIDERS)[number];

/** What each provider's module is given; one that is absent is not imported. */
export interface ProviderSettings {
  readonly flint?: FlintSettings;
  readonly 'flinks-pay'?: FlinksPaySettings;
  readonly fynd?: FyndSettings;
  readonly flute?: FluteSettings;
  readonly 'flex-pay'?: FlexPaySettings;
}

/** The providers that have a variable of their own, such as `FLINKS_PAY_BASE_URL`. */
export function configuredProviders(
  environment: Readonly<Record<string, string | undefined>>,
): ProviderName[] {
  const set = Object.keys(environment).filter((name) => environment[name] !== '');
  return PROVIDERS.filter((provider) => {
    const prefix = `${provider.toUpperCase().replaceAll('-', '_')}_`;
    return set.some((name) => name.startsWith(prefix));
  });
}

/** Everything of a provider that is not given in code comes from its variables. */
export const settingsFromEnvironment = (providers: readonly ProviderName[]): ProviderSettings =>
  Object.fromEntries(providers.map((provider) => [provider, {}]));
