import type { FaultList } from '../faults/fault-list.js';
import { RecordedSandbox } from '../inspection/recorded-sandbox.js';
import { Records } from '../inspection/records.js';
import { SandboxError } from '../sandbox-error.js';
import { InputError } from '../server/input-error.js';
import type { WebhookDelivery } from '../webhooks/webhook-delivery.js';
import type { WebhookHow } from '../webhooks/webhook-how.js';
import { WebhookSender } from '../webhooks/webhook-sender.js';
import { readAuthorizeRequest } from './authorize-request.js';
import { approve, deny } from './consent.js';
import {
  DEFAULT_REDIRECT_URIS,
  makeApp,
  newClientId,
  newClientSecret,
  scopesOf,
  withFixedPermissions,
  type FlintApp,
  type FlintAppRegistration,
} from './flint-app.js';
import { FlintDevelopers, GUIDE_SCOPE } from './flint-developers.js';
import { FlintDirectory } from './flint-directory.js';
import { FlintEvents } from './flint-events.js';
import type { FlintInstall } from './flint-install.js';
import { FlintInstalls } from './flint-installs.js';
import { defaultMerchants, type FlintMerchant } from './flint-merchant.js';
import type { FlintApproval, FlintIssue, FlintSandboxOptions } from './flint-sandbox.options.js';
import { FLINT_DEFAULTS, type FlintSettings } from './flint-settings.js';
import type { FlintTokenAnswer } from './flint-token-answer.js';
import { FlintTokens } from './flint-tokens.js';
import type {
  FlintMerchantEvent,
  FlintWebhook,
  FlintWebhookRegistration,
} from './flint-webhook.js';
import { FlintWebhookForm } from './flint-webhook-form.js';
import { FlintWebhooks } from './flint-webhooks.js';
import type { FlintWorld } from './flint-world.js';
import { issueGrants } from './issue-grants.js';
import { readSettings } from './read-settings.js';
import { readWebhook } from './read-webhook.js';

/** Nine attempts are the documented example; when they are made is not documented. */
const RETRY_DELAYS_MS = [5, 30, 120, 600, 1800, 3600, 7200, 14_400].map((one) => one * 1000);

/** The emulated Flint: what it is set to, what it has seen, and what a test may do behind its routes. */
export class FlintSandbox extends RecordedSandbox {
  /** Base URL of the API, e.g. `http://127.0.0.1:4010/flint`. */
  url = '';
  /** Change these while it runs; they hold from the next request on. */
  readonly settings: FlintSettings;
  /** The app that is registered from the start. */
  readonly app: FlintApp;
  /** Sends webhooks; what became of them. */
  readonly webhooks: WebhookSender<FlintWebhook>;
  /** An API key that may manage apps. */
  readonly apiKey: string;
  /** What a developer who has signed in may use in place of an API key. */
  readonly developerSessionToken: string;
  /** @internal */
  readonly world: FlintWorld;

  /** @internal */
  constructor(options: Partial<FlintSandboxOptions>, faults: FaultList) {
    super();
    const records = new Records();
    this.settings = { ...FLINT_DEFAULTS, ...readSettings({ ...options }) };
    const directory = new FlintDirectory(options.merchants ?? defaultMerchants());
    const installs = new FlintInstalls();
    const prefix = options.tokenPrefix ?? '';
    const tokens = new FlintTokens(this.settings, installs, records.secrets, prefix);
    const developers = new FlintDevelopers(records.secrets, prefix);
    const webhooks = new FlintWebhooks(this.settings, records.secrets);
    const sender = new WebhookSender<FlintWebhook>(
      new FlintWebhookForm(this.settings),
      RETRY_DELAYS_MS,
      options.webhooks,
      (url) => webhooks.list().find((webhook) => webhook.url === url),
    );
    const events = new FlintEvents(this.settings, directory, installs, webhooks, sender);
    installs.onChange = (change) => events.changed(change);
    this.webhooks = sender;
    this.apiKey = developers.addKey([GUIDE_SCOPE]);
    this.developerSessionToken = developers.addSession();
    this.world = {
      settings: this.settings,
      directory,
      installs,
      tokens,
      webhooks,
      events,
      sender,
      developers,
      records,
      faults,
    };
    const secret = records.secrets.note(options.clientSecret ?? newClientSecret(prefix));
    this.app = directory.addApp({
      ...makeApp(
        { name: 'Nest Flock sandbox', redirect_uris: [] },
        options.clientId ?? 'fpc_sandbox',
        secret,
      ),
      partner_app_id: 'papp_sandbox',
    });
    for (const uri of [...DEFAULT_REDIRECT_URIS, ...(options.redirectUris ?? [])]) {
      this.addRedirectUri(uri);
    }
  }

  /** The merchants who can install the app. Their `onboarded` may be changed. */
  get merchants(): readonly FlintMerchant[] {
    return this.world.directory.merchants;
  }

  /** All installs with their grants, oldest first. */
  get installs(): FlintInstall[] {
    return this.world.installs.list();
  }

  /** Registers a further app, with credentials of its own. */
  registerApp(registration: FlintAppRegistration): FlintApp {
    const secret = this.world.records.secrets.note(newClientSecret());
    const app = makeApp({ ...registration, redirect_uris: [] }, newClientId(), secret);
    for (const uri of registration.redirect_uris) this.addRedirectUri(uri, app);
    return this.world.directory.addApp(app);
  }

  /** Registers a further redirect URI. */
  addRedirectUri(uri: string, app: FlintApp = this.app): void {
    if (!URL.canParse(uri) || uri.includes('#')) {
      throw new InputError('redirect_uri', 'an absolute URL without a fragment');
    }
    if (!app.redirect_uris.includes(uri)) app.redirect_uris.push(uri);
  }

  /** Gives the app a new secret; the old one is refused from now on. Tokens stay good. */
  rotateClientSecret(app: FlintApp = this.app): string {
    app.client_secret = this.world.records.secrets.note(newClientSecret());
    return app.client_secret;
  }

  /**
   * What a person does on the consent page, without a browser.
   *
   * @returns the callback URL that the browser would be sent to
   * @throws SandboxError when the authorize request is refused, or the merchant cannot approve it
   */
  approve(authorizeUrl: string, approval: FlintApproval = {}): string {
    const url = new URL(authorizeUrl, this.url);
    if (url.origin + url.pathname !== `${this.url}/v1/oauth/authorize`) {
      throw new SandboxError(
        `This is not the authorize URL of the sandbox, ${this.url}/v1/oauth/authorize: ${url.origin}${url.pathname}`,
      );
    }
    const verdict = readAuthorizeRequest(this.world, url.search.slice(1));
    if ('refusal' in verdict) {
      const { error, description } = verdict.refusal;
      throw new SandboxError(`The authorize request is refused (${error}): ${description}`);
    }
    const { request } = verdict;
    if (approval.deny) return deny(request);
    const id = approval.merchant_id ?? request.merchantId ?? this.merchants[0]?.merchant_id ?? '';
    return approve(this.world, request, {
      merchant: this.world.directory.merchant(id),
      permissionIds: approval.permission_ids ?? request.permissionIds,
    });
  }

  /** A grant and its first token pair, without browser and code. `count` (even 1) yields a list. */
  issue(wanted: FlintIssue & { readonly count: number }, app?: FlintApp): FlintTokenAnswer[];
  issue(wanted?: FlintIssue, app?: FlintApp): FlintTokenAnswer;
  issue(
    wanted: FlintIssue & { readonly count?: number } = {},
    app: FlintApp = this.app,
  ): FlintTokenAnswer | FlintTokenAnswer[] {
    const permissions = withFixedPermissions(
      app,
      wanted.permission_ids ?? app.default_requested_permissions,
    );
    const answers = issueGrants(this.world, app, scopesOf(app, permissions), wanted);
    const [first] = answers;
    return wanted.count === undefined && first ? first : answers;
  }

  /** The webhook endpoints of all apps, oldest first. */
  get webhookEndpoints(): readonly FlintWebhook[] {
    return this.world.webhooks.list();
  }

  /**
   * Adds a webhook endpoint, also beside others of the app.
   *
   * @throws InputError when the URL is neither https nor on this machine, or the events do not fit the source
   */
  addWebhook(registration: FlintWebhookRegistration, app: FlintApp = this.app): FlintWebhook {
    return this.world.webhooks.add(app, readWebhook({ ...registration }));
  }

  /** Gives an endpoint a new secret; the old one signs along for `settings.webhookOverlapSeconds`. */
  rotateWebhookSecret(webhookId: string): string {
    const { webhooks } = this.world;
    return webhooks.rotate(webhooks.get(webhookId));
  }

  /** Removes an endpoint; what it was not sent yet it never will be. */
  removeWebhook(webhookId: string): void {
    const { webhooks, sender } = this.world;
    const webhook = webhooks.get(webhookId);
    webhooks.remove(webhook);
    sender.abandon(webhook, 'The endpoint was removed.');
  }

  /**
   * Something happened at a merchant. Every `installed_merchants` endpoint is sent it, or a delivery is
   * recorded as `suppressed` with the reason, such as a missing scope.
   *
   * @returns one delivery for each such endpoint, after its first attempt
   */
  emit(event: FlintMerchantEvent, how: WebhookHow = {}): Promise<WebhookDelivery[]> {
    return this.world.events.emit(event, how);
  }

  /** Adds an API key of the apps' owner. Default: one that may manage apps. */
  addApiKey({ scopes = [GUIDE_SCOPE] }: { readonly scopes?: readonly string[] } = {}): string {
    return this.world.developers.addKey(scopes);
  }

  /** Ends one environment grant with all its tokens, for good. */
  revokeGrant(environmentGrantId: string): void {
    this.world.installs.revokeGrant(environmentGrantId);
  }

  /** Ends an install with all its grants, for good. */
  revokeInstall(partnerAppInstallId: string): void {
    this.world.installs.revokeInstall(partnerAppInstallId);
  }

  /** The access tokens issued so far, of one grant or of all, are answered 401 from now on. */
  expireAccessTokens(environmentGrantId?: string): void {
    const { installs, tokens } = this.world;
    tokens.expire(
      environmentGrantId === undefined ? undefined : installs.grant(environmentGrantId),
    );
  }
}
