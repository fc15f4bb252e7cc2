import type { FaultList } from '../faults/fault-list.js';
import { RecordedSandbox } from '../inspection/recorded-sandbox.js';
import { Records } from '../inspection/records.js';
import { randomText } from '../oauth/random-text.js';
import { SandboxError } from '../sandbox-error.js';
import { InputError } from '../server/input-error.js';
import { readAuthorizeRequest } from './authorize-request.js';
import { approve, deny } from './consent.js';
import { installKey } from './consent-key.js';
import { defaultCompanies, FYND_SCOPES, type FyndCompany } from './fynd-company.js';
import type { FyndExtension, FyndExtensionRegistration } from './fynd-extension.js';
import type { FyndApproval, FyndOfflineIssue, FyndSandboxOptions } from './fynd-sandbox.options.js';
import { FYND_DEFAULTS, type FyndSettings } from './fynd-settings.js';
import { FyndTokens } from './fynd-tokens.js';
import type { FyndWorld } from './fynd-world.js';
import { issueOffline, type FyndOfflineIssued } from './issue-offline.js';
import { signProxyRequest, type FyndProxyRequest } from './proxy-request.js';
import { readSettings } from './read-settings.js';

/** The emulated Fynd: what it is set to, what it has seen, and what a test may do behind its routes. */
export class FyndSandbox extends RecordedSandbox {
  /** Base URL, e.g. `http://127.0.0.1:4010/fynd`. */
  url = '';
  /** Change these while it runs; they hold from the next request on. */
  readonly settings: FyndSettings;
  /** The extension that is registered from the start. */
  readonly extension: FyndExtension;
  /** @internal */
  readonly world: FyndWorld;
  private readonly prefix: string;

  /** @internal */
  constructor(options: Partial<FyndSandboxOptions>, faults: FaultList) {
    super();
    const records = new Records();
    this.prefix = options.tokenPrefix ?? '';
    this.settings = { ...FYND_DEFAULTS, ...readSettings({ ...options }) };
    this.world = {
      settings: this.settings,
      companies: options.companies ?? defaultCompanies(),
      extensions: new Map(),
      consents: new Set(),
      breakingOut: new Set(),
      signedIn: new Map(),
      tokens: new FyndTokens(this.settings, records.secrets, this.prefix),
      records,
      faults,
    };
    this.extension = this.add({
      name: 'Nest Flock sandbox',
      client_id: options.clientId ?? 'fynd_sandbox',
      client_secret: records.secrets.note(options.clientSecret ?? this.newClientSecret()),
      extensionUrl: options.extensionUrl ?? 'http://localhost:3000',
      redirect_uris: [],
      scopes: options.scopes ?? FYND_SCOPES,
    });
    this.setExtensionUrl(this.extension.extensionUrl);
  }

  /** The companies, with their users. */
  get companies(): readonly FyndCompany[] {
    return this.world.companies;
  }

  get extensions(): FyndExtension[] {
    return [...this.world.extensions.values()];
  }

  /** Registers a further extension, with credentials of its own. */
  registerExtension(registration: FyndExtensionRegistration): FyndExtension {
    const extension = this.add({
      name: registration.name ?? 'Another extension',
      client_id: `fynd_${randomText().slice(0, 16)}`,
      client_secret: this.world.records.secrets.note(this.newClientSecret()),
      extensionUrl: registration.extensionUrl,
      redirect_uris: [],
      scopes: registration.scopes ?? FYND_SCOPES,
    });
    this.setExtensionUrl(registration.extensionUrl, extension);
    return extension;
  }

  /** Moves an extension; `/fp/auth` below the URL becomes a redirect URI. */
  setExtensionUrl(url: string, extension: FyndExtension = this.extension): void {
    if (!URL.canParse(url)) throw new InputError('extension_url', 'an absolute URL');
    extension.extensionUrl = url;
    const callback = `${url.replace(/\/+$/, '')}/fp/auth`;
    if (!extension.redirect_uris.includes(callback)) extension.redirect_uris.push(callback);
  }

  /** Gives the extension a new API secret; the old one is refused from now on. Tokens stay good. */
  rotateClientSecret(extension: FyndExtension = this.extension): string {
    extension.client_secret = this.world.records.secrets.note(this.newClientSecret());
    return extension.client_secret;
  }

  /**
   * What a person does on the consent page, without a browser.
   *
   * @returns the callback URL that the browser would be sent to
   * @throws SandboxError when the authorize request is refused, or the company has no such user
   */
  approve(authorizeUrl: string, approval: FyndApproval = {}): string {
    const url = new URL(authorizeUrl);
    const [, companyId = ''] = /\/company\/([^/]+)\/oauth\/authorize$/.exec(url.pathname) ?? [];
    const request = readAuthorizeRequest(this.world, companyId, url.search.slice(1));
    if (typeof request === 'string') {
      throw new SandboxError(`The authorize request is refused: ${request}`);
    }
    return approval.deny ? deny(request) : approve(this.world, request, approval.user);
  }

  /**
   * A company's offline tokens, as if it had installed the extension, with the code that renewals repeat.
   *
   * @throws SandboxError when there is no such company, or a scope is not the extension's
   */
  issueOffline(wanted: FyndOfflineIssue = {}): FyndOfflineIssued {
    return issueOffline(this.world, wanted.extension ?? this.extension, wanted);
  }

  /** The company removes the extension: its codes and tokens are dead, its users are asked again. */
  uninstall(companyId: number, extension: FyndExtension = this.extension): void {
    const { consents, companies, tokens } = this.world;
    tokens.uninstall(companyId, extension);
    const company = companies.find(({ company_id }) => company_id === companyId);
    if (!company) return;
    const key = installKey({ extension, company });
    for (const consent of consents) if (consent.startsWith(key)) consents.delete(consent);
  }

  /** The access tokens issued so far, of one company or of all, are answered 401 from now on. */
  expireAccessTokens(companyId?: number): void {
    this.world.tokens.expire(companyId);
  }

  /** Headers of a storefront proxy call that Fynd has signed. */
  proxyRequest(
    request: FyndProxyRequest,
    extension: FyndExtension = this.extension,
  ): Record<string, string> {
    const { host } = new URL(extension.extensionUrl);
    return signProxyRequest({ ...request, host: request.host ?? host }, extension.client_secret);
  }

  private add(extension: FyndExtension): FyndExtension {
    this.world.extensions.set(extension.client_id, extension);
    return extension;
  }

  private newClientSecret(): string {
    return `fys_${this.prefix}${randomText()}`;
  }
}
