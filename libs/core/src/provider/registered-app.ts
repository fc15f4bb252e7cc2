import { variablePrefix } from '../foundation/configuration/read-options.js';
import { withoutSlash } from '../foundation/configuration/variable.js';
import { resolveSecret } from '../foundation/configuration/resolve-secret.js';
import type { OptionsOf, Variables } from '../foundation/configuration/variable.js';
import type { Connection } from './connection.js';
import { FlockError } from '../foundation/errors/flock.error.js';
import type { InstallHooks } from './app-hooks.js';
import type { ProviderDefinition, Withdrawal } from './provider-definition.js';
import type { ConfiguredAccount, ProviderEndpoints, ProviderPlace } from './provider-place.js';
import type { ClientCredential, TokenDialect } from './token-call.js';

/** The account of a credential that needs no name. */
export const DEFAULT_ACCOUNT = 'default';

/** Where the routes of an app are mounted; empty when the host writes its own controller. */
export interface AppRoutes {
  readonly install?: string;
  readonly callback?: string;
}

/** One registration of a provider module: the definition with its options. */
export class RegisteredApp<V extends Variables = Variables> {
  private readonly credentials = new Map<string, ClientCredential>();
  private accountsByPlace: Map<string, ConfiguredAccount> | undefined;

  constructor(
    readonly definition: ProviderDefinition<V>,
    readonly name: string,
    readonly options: OptionsOf<V>,
    readonly hooks: InstallHooks,
    readonly routes: AppRoutes,
    /** Token calls a second that the whole fleet may make to one endpoint; absent: no ceiling. */
    readonly ratePerSecond?: number,
  ) {}

  get provider(): string {
    return this.definition.provider;
  }

  /** The environment variable of a setting, such as `FLINT_EU_CLIENT_ID`: for messages. */
  variable(setting: keyof V & string): string {
    const { provider, name, definition } = this;
    return `${variablePrefix(provider, name)}${definition.variables[setting]?.env ?? ''}`;
  }

  endpoints(place: ProviderPlace): ProviderEndpoints {
    return this.definition.endpoints(this.options, place);
  }

  get dialect(): TokenDialect {
    return this.definition.dialect(this.options);
  }

  /** True when renewing spends something that cannot be had again without a person. */
  get needsPerson(): boolean {
    return this.definition.grant === 'authorization_code';
  }

  get redirectUri(): string | undefined {
    return this.definition.redirectUri?.(this.options);
  }

  /** Client credentials: all accounts that the configuration gives a credential for. */
  get accounts(): readonly ConfiguredAccount[] {
    return [...this.configured().values()];
  }

  /** Where a connection lives; `serverUrl` as it was registered, if it was. */
  place(row: { environment: string; account: string; serverUrl?: string | null }): ProviderPlace {
    const { environment, account } = row;
    const serverUrl =
      row.serverUrl ?? this.configured().get(placeKey(environment, account))?.serverUrl;
    return { environment, account, ...(serverUrl !== undefined && { serverUrl }) };
  }

  /** How a connection that was ended here is ended at the provider, where it has a route for it. */
  withdrawal(connection: Connection): Withdrawal | undefined {
    return this.definition.withdrawal?.(connection, this.options);
  }

  /** The install route of this app on the host's own origin, for one place if given. */
  installUrl(place?: ProviderPlace): string | undefined {
    const { redirectUri } = this;
    if (redirectUri === undefined || this.routes.install === undefined) return undefined;
    const callback = this.routes.callback ?? '';
    const { origin, pathname } = new URL(redirectUri);
    const prefix = pathname.endsWith(callback) ? pathname.slice(0, -callback.length) : '';
    const url = new URL(`${origin}${prefix}${this.routes.install}`);
    const link = place === undefined ? {} : this.definition.install?.link?.(place, this.options);
    for (const [name, value] of Object.entries(link ?? {})) url.searchParams.set(name, value);
    return url.href;
  }

  /** As `installUrl`, in the form that errors carry. */
  connectDetails(place?: ProviderPlace): { connectUrl?: string } {
    const connectUrl = this.installUrl(place);
    return connectUrl === undefined ? {} : { connectUrl };
  }

  hasEnvironment(environment: string): boolean {
    return this.definition.environments.includes(environment);
  }

  clientId(environment: string): string {
    return this.definition.client?.(this.options, environment).id ?? '';
  }

  hasCredential({ environment, account }: ProviderPlace): boolean {
    return this.needsPerson || this.configured().has(placeKey(environment, account));
  }

  /**
   * The client credential that the configuration gives for a place. A resolver is asked once and
   * again with `fresh`: when the provider rejects what it gave.
   * @throws FlockError `not_connected` when there is none, `app_credentials_rejected` when the
   * resolver fails
   */
  async credential(place: ProviderPlace, fresh = false): Promise<ClientCredential> {
    const key = this.needsPerson
      ? place.environment
      : placeKey(place.environment, place.account ?? DEFAULT_ACCOUNT);
    const known = this.credentials.get(key);
    if (known !== undefined && !fresh) return known;
    const given = this.needsPerson
      ? this.definition.client?.(this.options, place.environment)
      : this.configured().get(key);
    if (given === undefined) throw this.noCredential(place);
    const name = `the client secret of ${this.provider}`;
    const credential = { id: given.id, secret: await resolveSecret(given.secret, name) };
    this.credentials.set(key, credential);
    return credential;
  }

  /** What is said where no credential is known for an account. */
  noCredential({ environment, account }: ProviderPlace): FlockError {
    return new FlockError(
      'not_connected',
      `There is no credential of ${this.definition.title} for the account "${account ?? DEFAULT_ACCOUNT}" in ${environment}: ` +
        `put it into the options of the app "${this.name}", or register it.`,
    );
  }

  private configured(): Map<string, ConfiguredAccount> {
    this.accountsByPlace ??= new Map(
      this.readAccounts().map((one) => [
        placeKey(one.environment, one.account),
        one.serverUrl === undefined ? one : { ...one, serverUrl: withoutSlash(one.serverUrl) },
      ]),
    );
    return this.accountsByPlace;
  }

  private readAccounts(): readonly ConfiguredAccount[] {
    const { definition, options } = this;
    if (this.needsPerson) return [];
    if (definition.accounts !== undefined) return definition.accounts(options);
    return definition.environments.flatMap((environment) => {
      const client = definition.client?.(options, environment);
      return client === undefined ? [] : [{ environment, account: DEFAULT_ACCOUNT, ...client }];
    });
  }
}

const placeKey = (environment: string, account = DEFAULT_ACCOUNT): string =>
  `${environment}\n${account}`;
