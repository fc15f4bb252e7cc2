import type { FlexPaySettings } from './flex-pay/flex-pay.feature.js';
import type { FlinksPaySettings } from './flinks-pay/flinks-pay.feature.js';
import type { FlintSettings } from './flint/flint.feature.js';
import type { FluteSettings } from './flute/flute.feature.js';
import type { FyndSettings } from './fynd/fynd.feature.js';
import type { ProviderName } from './provider-names.js';

/** What each provider's module is given; one that is absent is not imported. */
export interface ProviderSettings {
  readonly flint?: FlintSettings;
  readonly 'flinks-pay'?: FlinksPaySettings;
  readonly fynd?: FyndSettings;
  readonly flute?: FluteSettings;
  readonly 'flex-pay'?: FlexPaySettings;
}

/** Everything of a provider that is not given in code comes from its variables. */
export const settingsFromEnvironment = (providers: readonly ProviderName[]): ProviderSettings =>
  Object.fromEntries(providers.map((provider) => [provider, {}]));
