import type { OptionsOf, Secret, Variables } from '../configuration/variable.js';
import type { ProviderProfile } from './provider-profile.js';
import type { TokenAnswer } from './token-answer.js';
import type { TokenDialect } from './token-request.js';

/** Where an environment lives. All absolute https URLs. */
export interface ProviderEndpoints {
  readonly token: string;
  /** Base of the provider's API; the token is sent nowhere else. */
  readonly api: string;
  /** The authorization endpoint, where merchants install. */
  readonly authorize?: string;
}

/** What the merchant is asked for, already limited to what the host allows. */
export interface InstallRequest {
  readonly environment: string;
  /** Query parameters of the authorization URL, besides those of RFC 6749 4.1.1. */
  readonly parameters: Readonly<Record<string, string>>;
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

/** The parts of an install that differ between providers. Throw `FlockError` to refuse. */
export interface InstallDefinition<O> {
  /**
   * Checks the query of the install route.
   * @throws FlockError `install_invalid_request` that names the parameter and what was expected.
   */
  request(query: URLSearchParams, options: O): InstallRequest;
  /** Query of the install route that leads to this environment; default none. */
  link?(environment: string): Readonly<Record<string, string>>;
  /** Parameters of the callback that must equal the attempt's, by name. */
  echoed?(request: InstallRequest): Readonly<Record<string, string>>;
  /** Reads whose token it is; `undefined` when the answer does not say or contradicts the request. */
  account(answer: TokenAnswer, request: InstallRequest): InstalledAccount | undefined;
  /** Extra parameters of the code exchange. */
  exchange?(options: O): Readonly<Record<string, string>>;
}

/** How the provider's API says no; all fields are identifiers, never messages. */
export interface ProviderApiProblem {
  readonly code?: string;
  readonly missingScopes?: readonly string[];
  readonly requestId?: string;
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
  endpoints(options: OptionsOf<V>, environment: string): ProviderEndpoints;
  client(options: OptionsOf<V>, environment: string): { id: string; secret: Secret };
  dialect(options: OptionsOf<V>): TokenDialect;
  /** Parameters of a renewal; default RFC 6749 6. Not used for client credentials. */
  renewal?(refreshToken: string, options: OptionsOf<V>): Readonly<Record<string, string>>;
  /** Extra parameters of a client-credentials grant, such as `scope`. */
  obtain?(options: OptionsOf<V>): Readonly<Record<string, string>>;
  /** Required for `authorization_code`. */
  readonly install?: InstallDefinition<OptionsOf<V>>;
  /** Where merchants come back; must be set for `authorization_code`. */
  redirectUri?(options: OptionsOf<V>): string;
  /** Reads a refusal of the API. */
  apiProblem?(status: number, body: unknown): ProviderApiProblem;
  /** Further checks over several options; each problem is one sentence. */
  check?(options: OptionsOf<V>): readonly string[];
}
