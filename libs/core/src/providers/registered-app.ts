import { resolveSecret } from '../configuration/resolve-secret.js';
import type { OptionsOf, Variables } from '../configuration/variable.js';
import type { InstallHooks } from '../install/install-hooks.js';
import type { ProviderDefinition, ProviderEndpoints } from './provider-definition.js';
import type { ClientCredential, TokenDialect } from './token-request.js';

/** Where the routes of an app are mounted; empty when the host writes its own controller. */
export interface AppRoutes {
  readonly install?: string;
  readonly callback?: string;
}

/** One registration of a provider module: the definition with its options. */
export class RegisteredApp<V extends Variables = Variables> {
  private readonly credentials = new Map<string, ClientCredential>();

  constructor(
    readonly definition: ProviderDefinition<V>,
    readonly name: string,
    readonly options: OptionsOf<V>,
    readonly hooks: InstallHooks,
    readonly routes: AppRoutes,
  ) {}

  get provider(): string {
    return this.definition.provider;
  }

  endpoints(environment: string): ProviderEndpoints {
    return this.definition.endpoints(this.options, environment);
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

  /** The install route of this app on the host's own origin, for one environment if given. */
  installUrl(environment?: string): string | undefined {
    const { redirectUri } = this;
    if (redirectUri === undefined || this.routes.install === undefined) return undefined;
    const callback = this.routes.callback ?? '';
    const { origin, pathname } = new URL(redirectUri);
    const prefix = pathname.endsWith(callback) ? pathname.slice(0, -callback.length) : '';
    const url = new URL(`${origin}${prefix}${this.routes.install}`);
    const link = environment === undefined ? {} : this.definition.install?.link?.(environment);
    for (const [name, value] of Object.entries(link ?? {})) url.searchParams.set(name, value);
    return url.href;
  }

  /** As `installUrl`, in the form that errors carry. */
  connectDetails(environment?: string): { connectUrl?: string } {
    const connectUrl = this.installUrl(environment);
    return connectUrl === undefined ? {} : { connectUrl };
  }

  hasEnvironment(environment: string): boolean {
    return this.definition.environments.includes(environment);
  }

  clientId(environment: string): string {
    return this.definition.client(this.options, environment).id;
  }

  /**
   * The client credential. A resolver is asked once and again with `fresh`: when the provider rejects
   * what it gave.
   */
  async credential(environment: string, fresh = false): Promise<ClientCredential> {
    const known = this.credentials.get(environment);
    if (known !== undefined && !fresh) return known;
    const { id, secret } = this.definition.client(this.options, environment);
    const name = `the client secret of ${this.provider}`;
    const credential = { id, secret: await resolveSecret(secret, name) };
    this.credentials.set(environment, credential);
    return credential;
  }
}
