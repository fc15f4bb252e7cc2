import type { FaultList } from '../faults/fault-list.js';
import { RecordedSandbox } from '../inspection/recorded-sandbox.js';
import { Records } from '../inspection/records.js';
import { randomText } from '../oauth/random-text.js';
import { SandboxError } from '../sandbox-error.js';
import { InputError } from '../server/input-error.js';
import type { WebhookDelivery } from '../webhooks/webhook-delivery.js';
import type { WebhookHow } from '../webhooks/webhook-how.js';
import { WebhookSender } from '../webhooks/webhook-sender.js';
import { readAuthorizeRequest } from './authorize-request.js';
import { approve, deny } from './consent.js';
import { installKey } from './consent-key.js';
import { defaultCompanies, FYND_SCOPES, type FyndCompany } from './fynd-company.js';
import { FyndEventIds } from './fynd-event-ids.js';
import { FyndEvents } from './fynd-events.js';
import type { FyndExtension, FyndExtensionRegistration } from './fynd-extension.js';
import type { FyndApproval, FyndOfflineIssue, FyndSandboxOptions } from './fynd-sandbox.options.js';
import { FYND_DEFAULTS, type FyndSettings } from './fynd-settings.js';
import { FyndSubscribers } from './fynd-subscribers.js';
import { FyndTokens } from './fynd-tokens.js';
import type {
  FyndEvent,
  FyndLifecycleHow,
  FyndSubscriber,
  FyndTarget,
  FyndUninstallHow,
} from './fynd-webhook.js';
import { FyndWebhookForm } from './fynd-webhook-form.js';
import type { FyndWorld } from './fynd-world.js';
import { issueOffline, type FyndOfflineIssued } from './issue-offline.js';
import { signProxyRequest, type FyndProxyRequest } from './proxy-request.js';
import { readSettings } from './read-settings.js';

/** Up to 20 attempts within 48 hours are documented; when they are made is not. */
const RETRY_DELAYS_MS = [5, 30, 120, 600, 1800, 3600, ...Array<number>(13).fill(12_600)].map(
  (one) => one * 1000,
);

/** The emulated Fynd: what it is set to, what it has seen, and what a test may do behind its routes. */
export class FyndSandbox extends RecordedSandbox {
  /** Base URL, e.g. `http://127.0.0.1:4010/fynd`. */
  url = '';
  /** Change these while it runs; they hold from the next request on. */
  readonly settings: FyndSettings;
  /** The extension that is registered from the start. */
  readonly extension: FyndExtension;
  /** Sends webhooks and the panel's own calls; what became of them. */
  readonly webhooks: WebhookSender<FyndTarget>;
  /** @internal */
  readonly world: FyndWorld;
  private readonly prefix: string;

  /** @internal */
  constructor(options: Partial<FyndSandboxOptions>, faults: FaultList) {
    super();
    const records = new Records();
    this.prefix = options.tokenPrefix ?? '';
    this.settings = { ...FYND_DEFAULTS, ...readSettings({ ...options }) };
    const subscribers = new FyndSubscribers();
    this.webhooks = new WebhookSender<FyndTarget>(
      new FyndWebhookForm(),
      RETRY_DELAYS_MS,
      options.webhooks,
      (url) => subscribers.list().find((subscriber) => subscriber.url === url),
    );
    this.world = {
      settings: this.settings,
      companies: options.companies ?? defaultCompanies(),
      extensions: new Map(),
      consents: new Set(),
      breakingOut: new Set(),
      signedIn: new Map(),
      tokens: new FyndTokens(this.settings, records.secrets, this.prefix),
      subscribers,
      eventIds: new FyndEventIds(),
      events: new FyndEvents(subscribers, this.webhooks),
      sender: this.webhooks,
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

  /** What companies' extensions have subscribed to. */
  get subscribers(): readonly FyndSubscriber[] {
    return this.world.subscribers.list();
  }

  /**
   * Something happened at a company. Its subscribers whose event map has the event are sent it; for the
   * others a delivery is recorded as `suppressed`, with the reason.
   *
   * @returns one delivery for each subscriber, after its first attempt
   */
  emit(event: FyndEvent, how: WebhookHow = {}): Promise<WebhookDelivery[]> {
    return this.world.events.emit(event, this.extension.client_secret, how);
  }

  /** The panel tries the URLs of a company's subscribers. */
  ping(companyId: number, how: WebhookHow = {}): Promise<WebhookDelivery[]> {
    return this.world.events.ping(companyId, how);
  }

  /**
   * Fynd installs the extension by itself, as when a company is made: `POST /fp/auto_install` brings a
   * code of the company's first user.
   *
   * @returns the delivery under way; `webhooks.settled()` waits for it
   * @throws SandboxError when there is no such company, or it has no user
   */
  autoInstall(companyId: number, how: FyndLifecycleHow = {}): WebhookDelivery {
    const { extension = this.extension, signed = false } = how;
    const company = this.world.companies.find(({ company_id }) => company_id === companyId);
    const [user] = company?.users ?? [];
    if (!company || !user) throw new SandboxError(`There is no company ${companyId} with a user.`);
    const { scopes, client_id } = extension;
    const code = this.world.tokens.issueCode({ extension, company, user, scopes });
    const body = { company_id: companyId, code, client_id };
    return this.world.events.tell(extension, 'auto_install', body, signed);
  }

  /**
   * The company removes the extension: its codes and tokens are dead, its subscription is gone, its
   * users are asked again, and `POST /fp/uninstall` says so.
   *
   * @returns the delivery under way, if it is posted; `webhooks.settled()` waits for it
   */
  uninstall(companyId: number, how: FyndUninstallHow = {}): WebhookDelivery | undefined {
    const { extension = this.extension, signed = false, post = true } = how;
    this.forgetInstall(companyId, extension);
    if (!post) return undefined;
    const body = { client_id: extension.client_id, company_id: companyId };
    return this.world.events.tell(extension, 'uninstall', body, signed);
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

  private forgetInstall(companyId: number, extension: FyndExtension): void {
    const { consents, companies, tokens, subscribers } = this.world;
    subscribers.remove(companyId, extension);
    tokens.uninstall(companyId, extension);
    const company = companies.find(({ company_id }) => company_id === companyId);
    if (!company) return;
    const key = installKey({ extension, company });
    for (const consent of consents) if (consent.startsWith(key)) consents.delete(consent);
  }

  private add(extension: FyndExtension): FyndExtension {
    this.world.extensions.set(extension.client_id, extension);
    return extension;
  }

  private newClientSecret(): string {
    return `fys_${this.prefix}${randomText()}`;
  }
}
