import type { WebhookSettings } from '../webhooks/webhook-settings.js';
import type { FluteSettings } from './flute-settings.js';

/** What the emulated Flute is started with. */
export interface FluteSandboxOptions extends FluteSettings {
  /** Client id of the default key, which both environments accept. Default `flute_sandbox`. */
  readonly clientId: string;
  /** Client secret of the default key. Default: random at every start. */
  readonly clientSecret: string;
  /** How many transactions each key has in each environment from the start. Default 45. */
  readonly transactionCount: number;
  /** Put into every token and secret that is made, so that a leak is easily found. Default none. */
  readonly tokenPrefix: string;
  /** How webhooks are sent. */
  readonly webhooks: Partial<WebhookSettings>;
}
