import type { WebhookTarget } from '../webhooks/webhook-form.js';
import type { FyndExtension } from './fynd-extension.js';

/** What names an event: `category/name/type/v<version>`. */
export interface FyndEventName {
  readonly category: string;
  readonly name: string;
  readonly type: string;
  readonly version: string;
}

export const slugOf = ({ category, name, type, version }: FyndEventName): string =>
  `${category}/${name}/${type}/v${version}`;

/** An event of a company. */
export interface FyndEvent {
  readonly company_id: number;
  readonly event: FyndEventName;
  readonly payload: unknown;
  readonly application_id?: string;
  /** Where to send it instead of to the subscribers; signed by the default extension's API secret. */
  readonly url?: string;
}

/** How the panel tells an extension of an install or uninstall. */
export interface FyndLifecycleHow {
  /** Whether it carries `x-fp-signature`; the official libraries do not look at it. Default false. */
  readonly signed?: boolean;
  /** Default: the extension that is registered from the start. */
  readonly extension?: FyndExtension;
}

/** How an extension is uninstalled. */
export interface FyndUninstallHow extends FyndLifecycleHow {
  /** Whether `/fp/uninstall` is posted at all. Default true. */
  readonly post?: boolean;
}

/** Where events go. */
export interface FyndTarget extends WebhookTarget {
  /** The panel's own call: without the headers of an event. */
  readonly lifecycle?: boolean;
}

/** What a company's extension has subscribed to. */
export interface FyndSubscriber extends FyndTarget {
  readonly id: number;
  readonly company_id: number;
  readonly extension: FyndExtension;
  readonly url: string;
  /** The one of `auth_meta`, which for extensions is the API secret. */
  readonly secret: string;
  readonly status: 'active' | 'inactive';
  readonly events: readonly FyndEventName[];
  readonly association: Readonly<Record<string, unknown>>;
  readonly email: string;
}
