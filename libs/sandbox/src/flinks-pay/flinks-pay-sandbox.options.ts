import type { WebhookSettings } from '../webhooks/webhook-settings.js';
import type { FlinksPaySettings } from './flinks-pay-settings.js';

/** A customer of FlinksPay: each has a base URL and a credential of its own. */
export interface FlinksPayCustomerRegistration {
  /** Letters, digits and dashes; part of the base URL. */
  readonly name: string;
  /** Default `<name>-user`. */
  readonly username?: string;
  /** Default: random. */
  readonly password?: string;
}

/** What the emulated FlinksPay is started with. */
export interface FlinksPaySandboxOptions extends FlinksPaySettings {
  /** Of the default customer. Default `default-user`. */
  readonly username: string;
  /** Of the default customer. Default: random at every start. */
  readonly password: string;
  /** Further customers, at `<base URL>/<name>`. Default none. */
  readonly customers: readonly FlinksPayCustomerRegistration[];
  /** Put into every token and password that is made, so that a leak is easily found. Default none. */
  readonly tokenPrefix: string;
  /** How webhooks are sent. */
  readonly webhooks: Partial<WebhookSettings>;
}
