import type { Connection } from './connection.js';
import type { OptionsOf, Secret, Variables } from '../foundation/configuration/variable.js';
import type { HttpRequest } from '../foundation/http/request.js';
import type { WebhookDefinition } from './webhook-definition.js';
import type { ProviderProfile } from './provider-profile.js';
import type { Renewable, TokenCall, TokenDialect } from './token-call.js';
import type { ProviderPlace, ProviderEndpoints, ConfiguredAccount } from './provider-place.js';
import type { InstallDefinition } from './install-definition.js';

/** A POST without a body that ends a grant; 404 and 410 mean that it has ended. */
export interface Withdrawal {
  /** Below the API's base. */
  readonly path: string;
  /** Sent as a bearer token. */
  readonly credential: Secret;
}

/** How the provider's API says no; all fields are identifiers, never messages. */
export interface ProviderApiProblem {
  readonly code?: string;
  readonly missingScopes?: readonly string[];
  readonly requestId?: string;
  /** The provider does not accept our address: a new token would not help. */
  readonly kind?: 'ip_not_allowed';
}

/** Everything that makes a provider different, and is the same to who writes it and who reads it. */
export interface DefinitionBase<V extends Variables> {
  /** Such as `flint`: lower case, digits and dashes. */
  readonly provider: string;
  /** For people: `Flint`. */
  readonly title: string;
  readonly variables: V;
  readonly grant: 'authorization_code' | 'client_credentials';
  /** The credential of the app; for client credentials the account `default` of every environment. */
  client?(options: OptionsOf<V>, environment: string): { id: string; secret: Secret };
  /** Client credentials: all that the configuration gives, in place of `client`. */
  accounts?(options: OptionsOf<V>): readonly ConfiguredAccount[];
  /** Hosts that a registered server URL may have: exact names, or `.suffix`. Default none. */
  allowedHosts?(options: OptionsOf<V>): readonly string[];
  /** The renewal with a refresh token; default RFC 6749 6. */
  renewal?(
    spent: Renewable,
    of: { readonly options: OptionsOf<V>; readonly place: ProviderPlace },
  ): TokenCall;
  /** Extra parameters of a client-credentials grant, such as `scope`. */
  obtain?(options: OptionsOf<V>): Readonly<Record<string, string>>;
  /** Client credentials: a refresh token, where one came, is tried first; refused, it is dropped. */
  readonly refreshes?: boolean;
  /** Client credentials: a new token for each use, never cached, stored or shared. */
  readonly tokenPerUse?: boolean;
  /**
   * Whose, of an account with one person's rights rather than the merchant's; `undefined` of others.
   * `@UseOfflineAccess()` passes over personal ones, and a person's launch ends what another person
   * had open in the same browser.
   */
  readonly personal?: (account: string) => string | undefined;
  /**
   * The merchant that a request names: a choice among those open to it, never beyond. Holds beside
   * a connection's own id (`X-Connection-Id`, `:connectionId`). Throws `invalid_request` where the
   * request names several.
   */
  readonly namedMerchant?: (request: HttpRequest) => string | undefined;
  /** Required for `authorization_code`. */
  readonly install?: InstallDefinition<OptionsOf<V>>;
  readonly webhooks?: WebhookDefinition<OptionsOf<V>>;
  /**
   * A GET that any live token may make, to see whether the provider still honours it; below the
   * API's base. Without it the token is renewed to see.
   */
  probe?(place: ProviderPlace, options: OptionsOf<V>): string;
  /**
   * Ends a connection at the provider by a route of its own, after it was ended here. `undefined`
   * where the configuration does not allow it.
   */
  withdrawal?(connection: Connection, options: OptionsOf<V>): Withdrawal | undefined;
  /** Where merchants come back; must be set for `authorization_code`. */
  redirectUri?(options: OptionsOf<V>): string;
  /** A refusal of the token endpoint that RFC 6749 has no word for. `body` is text if it is no JSON. */
  readonly tokenProblem?: (body: unknown, status: number) => 'ip_not_allowed' | undefined;
  /** Reads a refusal of the API. */
  apiProblem?(body: unknown, status: number): ProviderApiProblem;
  /** A failure that the API answers with a 2xx; `path` is that of the called URL. */
  apiFailure?(body: unknown, path: string): { readonly code?: string } | undefined;
  /** POST and PATCH carry an `Idempotency-Key` of their own unless given one; default `true`. */
  readonly idempotencyKeys?: boolean;
  /** Further checks over several options; each problem is one sentence. */
  check?(options: OptionsOf<V>): readonly string[];
}

/** A definition as the core reads it, with nothing left open. */
export interface ProviderDefinition<V extends Variables = Variables> extends DefinitionBase<V> {
  readonly environments: readonly string[];
  readonly profile: ProviderProfile;
  endpoints(options: OptionsOf<V>, place: ProviderPlace): ProviderEndpoints;
  dialect(options: OptionsOf<V>): TokenDialect;
}
