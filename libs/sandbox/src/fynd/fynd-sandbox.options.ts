import type { WebhookSettings } from '../webhooks/webhook-settings.js';
import type { FyndCompany } from './fynd-company.js';
import type { FyndExtension } from './fynd-extension.js';
import type { FyndSettings } from './fynd-settings.js';

/** What the emulated Fynd is started with. */
export interface FyndSandboxOptions extends FyndSettings {
  /** API key of the default extension. Default `fynd_sandbox`. */
  readonly clientId: string;
  /** API secret of the default extension. Default: random at every start. */
  readonly clientSecret: string;
  /** Extension URL of the default extension. Default `http://localhost:3000`. */
  readonly extensionUrl: string;
  /** Scopes of the default extension. Default: all that the sandbox knows. */
  readonly scopes: readonly string[];
  /** The companies. Default: two, each with two users. */
  readonly companies: readonly FyndCompany[];
  /** Put into every token, code and secret, so that a leak is easily found. Default none. */
  readonly tokenPrefix: string;
  /** How webhooks are sent. */
  readonly webhooks: Partial<WebhookSettings>;
}

/** What a person does on the consent page. */
export interface FyndApproval {
  /** `_id` of the user who is signed in. Default: the company's first. */
  readonly user?: string;
  /** Refuse instead. Fynd documents no call back then; the sandbox answers `access_denied`. */
  readonly deny?: boolean;
}

/** Whose offline tokens `issueOffline` makes. */
export interface FyndOfflineIssue {
  /** Default: the first company. */
  readonly company_id?: number;
  /** Default: all of the extension's. */
  readonly scopes?: readonly string[];
  /** Default: the extension that is registered from the start. */
  readonly extension?: FyndExtension;
}
