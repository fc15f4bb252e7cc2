import type { ConnectionRow } from '../connection/connection.row.js';
import type { TokenSet } from '../connection/token-set.js';
import type { InstalledAccount } from '../provider/install-definition.js';

/** A finished exchange, about to become a connection. */
export interface InstalledTokens {
  readonly attemptId: string;
  readonly provider: string;
  readonly app: string;
  readonly account: InstalledAccount;
  readonly owner?: string;
  readonly actor: string;
  /** For the audit trail; default `install`. */
  readonly action?: 'install' | 'launch';
  readonly tokens: TokenSet;
  readonly scopes: string;
  /** Database time. */
  readonly expiresAt: number;
  readonly dueAt: number | null;
  /** Database time of the exchange. A rescued result gives way to what has happened since. */
  readonly exchangedAt?: number;
  /** By the provider's clock. */
  readonly providerTime?: number;
  /** Owners from whom the host lets the account be taken over. */
  readonly transferFrom: readonly string[];
  /** Stored for the owner who holds the account, after an install by somebody else was refused. */
  readonly keptForOwner?: boolean;
  /** A connection that stands is left alone. */
  readonly onlyIfNotActive?: boolean;
}

/** What an install does to the account's connection. */
export type InstallPlan =
  | { readonly kind: 'create'; readonly outcome: string }
  | {
      readonly kind: 'replace';
      readonly outcome: string;
      /** It changes hands: sessions of a former owner end. */
      readonly endsSessions: boolean;
      /** The owner who lets it go. */
      readonly transferFrom?: string;
    }
  /** Nothing: a connection stands, and was to be left alone. */
  | { readonly kind: 'leave' }
  /** Nothing: it lay in a rescue file, and the merchant has installed anew since, or left. */
  | { readonly kind: 'obsolete' }
  /** Somebody else holds the account and does not let it go. */
  | { readonly kind: 'refuse' };

type Holder = Pick<ConnectionRow, 'status' | 'owner' | 'installed_at' | 'changed_at'>;

/**
 * No I/O.
 * @param existing the account's connection, ended ones included
 * @param rescued absent for an install that comes straight from the exchange
 */
export function planOf(
  existing: Holder | undefined,
  installed: Pick<
    InstalledTokens,
    'owner' | 'transferFrom' | 'keptForOwner' | 'onlyIfNotActive' | 'exchangedAt'
  >,
  rescued?: {
    /** A later install of its kind, which would supersede it, stands. */
    readonly superseded: boolean;
  },
): InstallPlan {
  if (rescued && (rescued.superseded || isOvertaken(existing, installed.exchangedAt))) {
    return { kind: 'obsolete' };
  }
  const outcome = existing === undefined ? 'connected' : 'reconnected';
  const told = installed.keptForOwner === true ? 'kept_for_owner' : outcome;
  if (existing === undefined) return { kind: 'create', outcome: told };
  if (existing.status === 'active' && installed.onlyIfNotActive === true) return { kind: 'leave' };
  if (!mayTake(existing, installed)) return { kind: 'refuse' };
  const holder = existing.status === 'revoked' ? null : existing.owner;
  return {
    kind: 'replace',
    outcome: told,
    endsSessions: existing.owner !== (installed.owner ?? null),
    ...(holder !== null && holder !== installed.owner && { transferFrom: holder }),
  };
}

/** What nobody owns may be claimed; what somebody owns may not, unless the host lets it go. */
export function mayTake(
  { status, owner }: Pick<ConnectionRow, 'status' | 'owner'>,
  by: Pick<InstalledTokens, 'owner' | 'transferFrom'>,
): boolean {
  if (status === 'revoked' || owner === null || owner === by.owner) return true;
  return by.transferFrom.includes(owner);
}

/** Installed anew, or ended, since the exchange. */
const isOvertaken = (existing: Holder | undefined, since = Infinity): boolean =>
  existing !== undefined &&
  (existing.installed_at > since || (existing.status === 'revoked' && existing.changed_at > since));
