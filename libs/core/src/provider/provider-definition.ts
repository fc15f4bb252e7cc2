import type { Connection } from './connection.js';
import type { OptionsOf, Secret, Variables } from '../foundation/configuration/variable.js';
import type { HttpRequest } from '../foundation/http/request.js';
import type { WebhookDefinition } from './webhook-definition.js';
import type { ProviderProfile } from './provider-profile.js';
import type { TokenAnswer } from './token-answer.js';
import type { TokenDialect } from './token-request.js';

/** Whose token, and where. */
export interface ProviderPlace {
  readonly environment: string;
  /** Absent where only the environment is known. */
  readonly account?: string;
  /** The account's own server, where accounts have one. */
  readonly serverUrl?: string;
}

/** Where a place lives. All absolute https URLs. */
export interface ProviderEndpoints {
  readonly token: string;
  /** Base of the provider's API; the token is sent nowhere else. */
  readonly api: string;
  /** The authorization endpoint, where merchants install. */
  readonly authorize?: string;
  /** RFC 7009; a disconnect revokes there. */
  readonly revocation?: string;
}

/** A client credential that is given in the configuration. */
export interface ConfiguredAccount {
  readonly environment: string;
  /** Its name in refs; one that needs none is `default`. */
  readonly account: string;
  readonly id: string;
  readonly secret: Secret;
  readonly serverUrl?: string;
  readonly owner?: string;
}

/** One POST to a token endpoint, where it differs from the usual one. */
export interface TokenCall {
  /** A list is sent as such in JSON, joined by commas elsewhere. */
  readonly parameters: Readonly<Record<string, string | readonly string[]>>;
  /** Default: the place's token endpoint. */
  readonly url?: string;
  readonly dialect?: Partial<TokenDialect>;
}

/** What a renewal has to spend. */
export interface Renewable {
  readonly refreshToken: string;
  /** The code of the install, where the provider wants it again. */
  readonly code?: string;
}

/** What the merchant is asked for, already limited to what the host allows. */
export interface InstallRequest {
  readonly environment: string;
  /** Query parameters of the authorization URL, besides those of RFC 6749 4.1.1. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Known before the merchant approves, where the provider says it. */
  readonly account?: string;
}

/** What the first token answer says of the connection. */
export interface InstalledAccount {
  readonly account: string;
  readonly environment: string;
  readonly merchant?: string;
  readonly install?: string;
  /** A newer grant of the same key replaces the older connection. */
  readonly supersedeKey?: string;
}

/** A token set that the code buys. */
export interface CodeGrant extends TokenCall {
  /** For `account`, such as `offline`. */
  readonly name: string;
  /** `false`: it ends with its session and is erased then; the user starts again. Default `true`. */
  readonly renewable?: boolean;
  /** Keep the code with the token set: the renewal wants it again. */
  readonly keepCode?: boolean;
  /** Not bought while this account is active with all these scopes. */
  readonly unlessActive?: { readonly account: string; readonly scopes: readonly string[] };
}

/** Paths of the mounted controller. */
export interface InstallPaths {
  /** Of an app by its name; the option `path` replaces it. */
  base(app: string): string;
  /** Below the base. */
  readonly install: string;
  readonly callback: string;
}

/** The parts of an install that differ between providers. Throw `FlockError` to refuse. */
export interface InstallDefinition<O> {
  /**
   * Checks the query of the install route.
   * @throws FlockError `install_invalid_request` that names the parameter and what was expected.
   */
  request(query: URLSearchParams, options: O): InstallRequest;
  /** Query of the install route that leads to this place; default none. */
  link?(place: ProviderPlace, options: O): Readonly<Record<string, string>>;
  /** Parameters of the callback that must equal the attempt's, by name. */
  echoed?(request: InstallRequest, options: O): Readonly<Record<string, string>>;
  /** A callback without them is refused too; default `false`. */
  readonly echoRequired?: boolean;
  /** RFC 7636, S256 only. */
  readonly pkce?: boolean;
  /** RFC 9207: the server announces `iss`, so a callback without this very one is refused. */
  issuer?(options: O, place: ProviderPlace): string;
  /** Which token sets the code buys, in order; default the one of RFC 6749 4.1.3. */
  grants?(request: InstallRequest, options: O, code: string): readonly CodeGrant[];
  /**
   * Reads whose token it is; `undefined` when the answer does not say or contradicts the request.
   * `grant` is the name of the grant, where there are several.
   */
  account(
    answer: TokenAnswer,
    request: InstallRequest,
    grant: string,
    options: O,
  ): InstalledAccount | undefined;
  /** Where a merchant goes after the install unless the link said; default `/`. */
  landing?(request: InstallRequest, options: O): string;
  /** Name of the query parameter that says where to; default `return_to`. */
  readonly returnParameter?: string;
  /** Default `<provider>` (or `<provider>/<app>`), `install`, `oauth/callback`. */
  readonly paths?: InstallPaths;
  /**
   * Origins whose pages may show the flow in a frame; a list, even an empty one, makes its cookies
   * `SameSite=None; Secure; Partitioned`. Default: no frames, `SameSite=Lax`.
   */
  frameAncestors?(options: O): readonly string[];
  /** A live connection of this browser's session makes the flow unnecessary; default: never. */
  reusable?(request: InstallRequest, connection: Connection, options: O): boolean;
}

/** A POST without a body that ends a grant; 404 and 410 mean that it has ended. */
export interface Withdrawal {
  readonly url: string;
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

/**
 * Everything that makes a provider different. The five libraries are written with this and a host
 * can write a sixth.
 */
export interface ProviderDefinition<V extends Variables = Variables> {
  /** Such as `flint`: lower case, digits and dashes. */
  readonly provider: string;
  /** For people: `Flint`. */
  readonly title: string;
  readonly variables: V;
  readonly environments: readonly string[];
  readonly grant: 'authorization_code' | 'client_credentials';
  readonly profile: ProviderProfile;
  endpoints(options: OptionsOf<V>, place: ProviderPlace): ProviderEndpoints;
  /** The credential of the app; for client credentials the account `default` of every environment. */
  client?(options: OptionsOf<V>, environment: string): { id: string; secret: Secret };
  /** Client credentials: all that the configuration gives, in place of `client`. */
  accounts?(options: OptionsOf<V>): readonly ConfiguredAccount[];
  /** Hosts that a registered server URL may have: exact names, or `.suffix`. Default none. */
  allowedHosts?(options: OptionsOf<V>): readonly string[];
  dialect(options: OptionsOf<V>): TokenDialect;
  /** The renewal with a refresh token; default RFC 6749 6. */
  renewal?(spent: Renewable, options: OptionsOf<V>, place: ProviderPlace): TokenCall;
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
  readonly tokenProblem?: (status: number, body: unknown) => 'ip_not_allowed' | undefined;
  /** Reads a refusal of the API. */
  apiProblem?(status: number, body: unknown): ProviderApiProblem;
  /** A failure that the API answers with a 2xx; `path` is that of the called URL. */
  apiFailure?(body: unknown, path: string): { readonly code?: string } | undefined;
  /** POST and PATCH carry an `Idempotency-Key` of their own unless given one; default `true`. */
  readonly idempotencyKeys?: boolean;
  /** Further checks over several options; each problem is one sentence. */
  check?(options: OptionsOf<V>): readonly string[];
}
