import type { OperatorAccess } from './operator/operator-access.js';
import type { ProviderName } from './provider-names.js';

/** What the pages need to know of this host. */
export interface Host {
  /** Its own origin. */
  readonly url: string;
  /** The providers that this host is set up for. */
  readonly providers: readonly ProviderName[];
  /** Who may look at deliveries and administer. */
  readonly operator: OperatorAccess;
  /** Fynd's API key: a launch link names it. */
  readonly fyndClientId?: string;
  /** Where a sandbox runs in the place of the providers. */
  readonly sandbox?: SandboxPages;
}

export interface SandboxPages {
  /** Its own page. */
  readonly url: string;
  /** Fynd's companies, which can launch the extension. */
  readonly companies: readonly { readonly id: number; readonly name: string }[];
}

export const HOST = Symbol('host');
