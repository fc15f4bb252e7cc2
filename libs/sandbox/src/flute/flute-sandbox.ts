import type { FaultList } from '../faults/fault-list.js';
import { RecordedSandbox } from '../inspection/recorded-sandbox.js';
import { Records } from '../inspection/records.js';
import { randomText } from '../oauth/random-text.js';
import { SandboxError } from '../sandbox-error.js';
import { wholeNumber } from '../server/input.js';
import type { WebhookDelivery } from '../webhooks/webhook-delivery.js';
import type { WebhookHow } from '../webhooks/webhook-how.js';
import { WebhookSender } from '../webhooks/webhook-sender.js';
import { webhookUrl } from '../webhooks/webhook-url.js';
import { FluteData } from './flute-data.js';
import { FLUTE_ENVIRONMENTS, type FluteEnvironment } from './flute-environment.js';
import { FluteEvents } from './flute-events.js';
import type { FluteKey, FluteKeyRegistration } from './flute-key.js';
import { FluteKeys } from './flute-keys.js';
import type { FluteSandboxOptions } from './flute-sandbox.options.js';
import { FLUTE_DEFAULTS, type FluteSettings } from './flute-settings.js';
import { FluteTokens } from './flute-tokens.js';
import type { FluteEvent, FluteWebhook, FluteWebhookRegistration } from './flute-webhook.js';
import { FluteWebhookForm } from './flute-webhook-form.js';
import { FluteWebhooks } from './flute-webhooks.js';
import type { FluteWorld } from './flute-world.js';
import { readSettings } from './read-settings.js';

/** Flute retries by itself; when and how often is not published. */
const RETRY_DELAYS_MS = [5, 30, 120, 600, 1800].map((one) => one * 1000);

/** The emulated Flute: what it is set to, what it has seen, and what a test may do behind its routes. */
export class FluteSandbox extends RecordedSandbox {
  /** Base URL of all of it, e.g. `http://127.0.0.1:4010/flute`; see `tokenUrl` and `apiUrl`. */
  url = '';
  /** Change these while it runs; they hold from the next request on. */
  readonly settings: FluteSettings;
  /** The key that is there from the start; both environments accept it. */
  readonly key: FluteKey;
  /** Sends webhooks; what became of them. */
  readonly webhooks: WebhookSender<FluteWebhook>;
  /** @internal */
  readonly world: FluteWorld;
  private readonly prefix: string;

  /** @internal */
  constructor(options: Partial<FluteSandboxOptions>, faults: FaultList) {
    super();
    this.settings = { ...FLUTE_DEFAULTS, ...readSettings({ ...options }) };
    this.prefix = options.tokenPrefix ?? '';
    const records = new Records();
    const count = wholeNumber(0, 'transactions')(
      options.transactionCount ?? 45,
      'transactionCount',
    );
    const webhooks = new FluteWebhooks(records.secrets, this.prefix);
    this.webhooks = new WebhookSender<FluteWebhook>(
      new FluteWebhookForm(),
      RETRY_DELAYS_MS,
      options.webhooks,
      (url) => webhooks.list().find((webhook) => webhook.url === url),
    );
    this.world = {
      settings: this.settings,
      keys: new FluteKeys(),
      tokens: new FluteTokens(this.settings, records.secrets, this.prefix),
      data: new FluteData(count),
      webhooks,
      events: new FluteEvents(webhooks, this.webhooks),
      sender: this.webhooks,
      records,
      faults,
    };
    const { clientId = 'flute_sandbox', clientSecret } = options;
    this.key = this.addKey({ clientId, ...(clientSecret !== undefined && { clientSecret }) });
  }

  /** All keys, the default one first. */
  get keys(): FluteKey[] {
    return this.world.keys.list();
  }

  /** The webhook endpoints of all keys, oldest first. */
  get webhookEndpoints(): readonly FluteWebhook[] {
    return this.world.webhooks.list();
  }

  /**
   * Adds a webhook endpoint without a call.
   *
   * @throws InputError when the URL is neither https nor on this machine
   */
  addWebhook(registration: FluteWebhookRegistration): FluteWebhook {
    const { url, environment, key = this.key, name = 'Webhook', eventTypes = [] } = registration;
    const fields = { url: webhookUrl(url, 'url'), name, eventTypes, enabled: true };
    return this.world.webhooks.add({ key, environment }, fields);
  }

  /**
   * Something happened. New transactions tell of themselves.
   *
   * @returns one delivery for each endpoint that wants it, after its first attempt
   */
  emit(event: FluteEvent, how: WebhookHow = {}): Promise<WebhookDelivery[]> {
    const { environment, key = this.key } = event;
    return this.world.events.emit({ key, environment }, event, how);
  }

  /** The token endpoint of an environment's OAuth host. */
  tokenUrl(environment: FluteEnvironment): string {
    return `${this.url}/${environment}/oauth2/token`;
  }

  /** Base of an environment's API host. */
  apiUrl(environment: FluteEnvironment): string {
    return `${this.url}/${environment}`;
  }

  /**
   * Adds a key, for one environment or both.
   *
   * @throws SandboxError when the client id is taken
   */
  addKey(registration: FluteKeyRegistration = {}): FluteKey {
    const { clientId = randomText(), clientSecret = this.newSecret() } = registration;
    this.world.records.secrets.note(clientSecret);
    return this.world.keys.add({
      client_id: clientId,
      client_secret: clientSecret,
      environments: registration.environments ?? FLUTE_ENVIRONMENTS,
    });
  }

  /** Gives a key a new secret; the old one is refused from now on. Tokens stay good. */
  replaceSecret(key: FluteKey = this.key, clientSecret?: string): string {
    key.client_secret = this.world.records.secrets.note(clientSecret ?? this.newSecret());
    return key.client_secret;
  }

  /**
   * Deletes a key, as Flute advises after a leak; its tokens open nothing from now on.
   *
   * @throws SandboxError when there is no such key
   */
  deleteKey(clientId: string): void {
    if (this.world.keys.delete(clientId)) return;
    throw new SandboxError(`There is no key with the client id "${clientId}".`);
  }

  /** The access tokens issued so far, of one environment or of both, are answered 401 from now on. */
  expireAccessTokens(environment?: FluteEnvironment): void {
    this.world.tokens.expireAccess(environment);
  }

  /** The refresh tokens issued so far, of one environment or of both, are refused from now on. */
  expireRefreshTokens(environment?: FluteEnvironment): void {
    this.world.tokens.expireRefresh(environment);
  }

  private newSecret(): string {
    return this.prefix + randomText();
  }
}
