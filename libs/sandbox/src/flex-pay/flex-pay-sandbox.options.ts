import type { FlexPayClientRegistration } from './flex-pay-client.js';
import type { FlexPaySettings } from './flex-pay-settings.js';

/** What the emulated Flex Pay is started with. */
export interface FlexPaySandboxOptions extends FlexPaySettings {
  /** Of the default client, `acorn` in `pre-production`. Default `fp-acorn-pre-production`. */
  readonly clientId: string;
  /** Of the default client. Default: random at every start. */
  readonly clientSecret: string;
  /** Further credentials. Default none. */
  readonly clients: readonly FlexPayClientRegistration[];
  /** Put into every token and secret that is made, so that a leak is easily found. Default none. */
  readonly tokenPrefix: string;
}
