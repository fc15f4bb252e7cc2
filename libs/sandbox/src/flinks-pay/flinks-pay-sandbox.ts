import type { FaultList } from '../faults/fault-list.js';
import { RecordedSandbox } from '../inspection/recorded-sandbox.js';
import { Records } from '../inspection/records.js';
import { randomText } from '../oauth/random-text.js';
import { oneOf, optional, text } from '../server/input.js';
import { WebhookSender } from '../webhooks/webhook-sender.js';
import { webhookUrl } from '../webhooks/webhook-url.js';
import { DEFAULT_CUSTOMER, FlinksPayCustomer } from './flinks-pay-customer.js';
import { FlinksPayCustomers } from './flinks-pay-customers.js';
import type {
  FlinksPayCustomerRegistration,
  FlinksPaySandboxOptions,
} from './flinks-pay-sandbox.options.js';
import type { FlinksPaySession } from './flinks-pay-session.js';
import { FlinksPaySessions } from './flinks-pay-sessions.js';
import { FLINKS_PAY_DEFAULTS, type FlinksPaySettings } from './flinks-pay-settings.js';
import { FlinksPayTokens } from './flinks-pay-tokens.js';
import {
  FLINKS_PAY_WEBHOOK_FORMS,
  type FlinksPayWebhook,
  type FlinksPayWebhookRegistration,
} from './flinks-pay-webhook.js';
import { FlinksPayWebhookSigner } from './flinks-pay-webhook-signer.js';
import type { FlinksPayWorld } from './flinks-pay-world.js';
import { readSettings } from './read-settings.js';
import { sessionWebhook } from './session-webhook.js';

/** The emulated FlinksPay: what it is set to, what it has seen, and what a test may do behind its routes. */
export class FlinksPaySandbox extends RecordedSandbox {
  /** Base URL of the default customer, e.g. `http://127.0.0.1:4010/flinks-pay`. */
  url = '';
  /** Change these while it runs; they hold from the next request on. */
  readonly settings: FlinksPaySettings;
  /** The customer that is there from the start. */
  readonly customer: FlinksPayCustomer;
  /** Sends webhooks; what became of them. None is sent twice: Flinks does not retry. */
  readonly webhooks: WebhookSender<FlinksPayWebhook>;
  /** @internal */
  readonly world: FlinksPayWorld;
  private readonly webhooksByCustomer = new Map<string, FlinksPayWebhook>();
  private readonly prefix: string;

  /** @internal */
  constructor(options: Partial<FlinksPaySandboxOptions>, faults: FaultList) {
    super();
    this.settings = { ...FLINKS_PAY_DEFAULTS, ...readSettings({ ...options }) };
    this.prefix = options.tokenPrefix ?? '';
    const records = new Records();
    this.world = {
      settings: this.settings,
      customers: new FlinksPayCustomers(),
      tokens: new FlinksPayTokens(this.settings, records.secrets, this.prefix),
      sessions: new FlinksPaySessions(),
      records,
      faults,
    };
    this.webhooks = new WebhookSender<FlinksPayWebhook>(
      new FlinksPayWebhookSigner(),
      [],
      options.webhooks,
      (url) => [...this.webhooksByCustomer.values()].find((webhook) => webhook.url === url),
    );
    this.world.sessions.onChange = (session) => this.tell(session);
    const { username, password } = options;
    this.customer = this.addCustomer({ name: DEFAULT_CUSTOMER, username, password });
    for (const customer of options.customers ?? []) this.addCustomer(customer);
  }

  /** All customers, the default one first. */
  get customers(): FlinksPayCustomer[] {
    return this.world.customers.list();
  }

  /** All sessions of all customers, oldest first. `reset()` keeps them. */
  get sessions(): FlinksPaySession[] {
    return this.world.sessions.list();
  }

  /**
   * Adds a customer with a base URL and a credential of its own.
   *
   * @throws InputError when the name cannot be part of a URL, SandboxError when it is taken
   */
  addCustomer(registration: FlinksPayCustomerRegistration): FlinksPayCustomer {
    const { name, username = `${name}-user`, password = this.newPassword() } = registration;
    this.world.records.secrets.note(password);
    return this.world.customers.add(
      new FlinksPayCustomer(name, username, password, () => this.url),
    );
  }

  /** Gives a customer a new password; the old one is refused from now on. Tokens stay good. */
  replacePassword(customer: FlinksPayCustomer = this.customer, password?: string): string {
    customer.password = this.world.records.secrets.note(password ?? this.newPassword());
    return customer.password;
  }

  /** The access tokens issued so far, of one customer or of all, are answered 401 from now on. */
  expireAccessTokens(customer?: FlinksPayCustomer): void {
    this.world.tokens.expire(customer);
  }

  /**
   * Moves a v1 payment on, to any word.
   *
   * @throws SandboxError when there is no such payment request
   */
  setPaymentStatus(requestId: string, status: string): void {
    this.world.sessions.setPaymentStatus(requestId, status);
  }

  /**
   * Moves a session on, to any word.
   *
   * @throws SandboxError when there is no such session
   */
  setSessionStatus(sessionId: string, status: string): void {
    this.world.sessions.setSessionStatus(sessionId, status);
  }

  /**
   * A session runs out, as after the time that was agreed on. No webhook tells of it.
   *
   * @throws SandboxError when there is no such session
   */
  expireSession(sessionId: string): void {
    this.setSessionStatus(sessionId, 'Expired');
  }

  /**
   * Sets where a customer is told that a session is completed, failed or canceled; the webhook it had is
   * replaced.
   *
   * @throws InputError when the URL is neither https nor on this machine, or the form is unknown
   */
  setWebhook(registration: FlinksPayWebhookRegistration): FlinksPayWebhook {
    const { customer = this.customer, secret = this.newPassword() } = registration;
    const before = this.webhooksByCustomer.get(customer.name);
    const form = optional(oneOf(...FLINKS_PAY_WEBHOOK_FORMS))(registration.form, 'form');
    const webhook = {
      url: webhookUrl(registration.url, 'url'),
      secret: this.world.records.secrets.note(text(secret, 'secret')),
      ...(before && { previousSecret: before.secret }),
      form: form ?? 'webhook-signature',
      customer,
    };
    this.webhooksByCustomer.set(customer.name, webhook);
    return webhook;
  }

  /** The customer is told nothing from now on. */
  removeWebhook(customer: FlinksPayCustomer = this.customer): void {
    const webhook = this.webhooksByCustomer.get(customer.name);
    this.webhooksByCustomer.delete(customer.name);
    if (webhook) this.webhooks.abandon(webhook, 'The webhook was removed.');
  }

  private tell(session: FlinksPaySession): void {
    const webhook = this.webhooksByCustomer.get(session.customer);
    const event = webhook && sessionWebhook(session);
    if (event) this.webhooks.launch(webhook, event);
  }

  private newPassword(): string {
    return this.prefix + randomText();
  }
}
