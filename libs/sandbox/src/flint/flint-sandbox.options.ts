import type { WebhookSettings } from '../webhooks/webhook-settings.js';
import type { FlintMerchant, FlintMode } from './flint-merchant.js';
import type { FlintSettings } from './flint-settings.js';

/** What the emulated Flint is started with. */
export interface FlintSandboxOptions extends FlintSettings {
  /** Client id of the default app. Default `fpc_sandbox`. */
  readonly clientId: string;
  /** Client secret of the default app. Default: random at every start. */
  readonly clientSecret: string;
  /** Further redirect URIs of the default app. */
  readonly redirectUris: readonly string[];
  /** The merchants. Default: `mer_acorn`, `mer_birch`, and `mer_cedar`, who is not onboarded. */
  readonly merchants: readonly FlintMerchant[];
  /** Put into every token, code and client secret, so that a leak is easily found. Default none. */
  readonly tokenPrefix: string;
  /** How webhooks are sent. */
  readonly webhooks: Partial<WebhookSettings>;
}

/** What a person does on the consent page. */
export interface FlintApproval {
  /** Default: the merchant the authorize URL prefers, else the first one. */
  readonly merchant_id?: string;
  /** The optional permissions that are ticked. Default: all that are asked for. */
  readonly permission_ids?: readonly string[];
  /** Click on Deny instead. */
  readonly deny?: boolean;
}

/** What is granted by `issue()`. */
export interface FlintIssue {
  /** Default: the first merchant; with a `count`: a new merchant for each grant. */
  readonly merchant_id?: string;
  /** Default `test`. */
  readonly mode?: FlintMode;
  /** Default: the app's default permissions. */
  readonly permission_ids?: readonly string[];
}
