import type { Connection } from './connection.js';
import type { TokenAnswer } from './token-answer.js';
import type { TokenCall } from './token-call.js';
import type { ProviderPlace } from './provider-place.js';

/** What the merchant is asked for, already limited to what the host allows. */
export interface InstallRequest {
  readonly environment: string;
  /** Query parameters of the authorization URL, besides those of RFC 6749 4.1.1. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Known before the merchant approves, where the provider says it. */
  readonly account?: string;
}

/** What the first token answer says of the connection. */
export interface AnsweredAccount {
  readonly account: string;
  /** Default: the one that was asked for. */
  readonly environment?: string;
  readonly merchant?: string;
  readonly install?: string;
  /** A newer grant of the same key replaces the older connection. */
  readonly supersedeKey?: string;
}

/** The same, and where it is. */
export interface InstalledAccount extends AnsweredAccount {
  readonly environment: string;
}

/** What a token answer is the answer to. */
export interface AnsweredGrant<O = unknown> {
  readonly request: InstallRequest;
  /** Name of the grant, where the code buys several. */
  readonly grant: string;
  readonly options: O;
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

/**
 * The parts of an install that differ between providers. Throw `FlockError` to refuse. A function gets
 * what it is about and, where that is not enough, the rest as one object.
 */
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
  grants?(
    request: InstallRequest,
    of: { readonly options: O; readonly code: string },
  ): readonly CodeGrant[];
  /** Reads whose token it is; `undefined` when the answer does not say or contradicts the request. */
  account(answer: TokenAnswer, of: AnsweredGrant<O>): AnsweredAccount | undefined;
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
  reusable?(
    connection: Connection,
    of: { readonly request: InstallRequest; readonly options: O },
  ): boolean;
}
