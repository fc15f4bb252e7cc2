import { randomText } from '../oauth/random-text.js';
import type { SecretRegister } from '../inspection/secret-register.js';
import { SandboxError } from '../sandbox-error.js';
import type { FlintApp } from './flint-app.js';
import type { FlintSettings } from './flint-settings.js';
import type { FlintWebhook, FlintWebhookRegistration } from './flint-webhook.js';
import { newWebhookSecret } from './flint-webhook-form.js';

/** The webhook endpoints of all apps. */
export class FlintWebhooks {
  private readonly byId = new Map<string, FlintWebhook>();

  constructor(
    private readonly settings: FlintSettings,
    private readonly secrets: SecretRegister,
  ) {}

  /** Oldest first. */
  list(): FlintWebhook[] {
    return [...this.byId.values()];
  }

  ofApp({ partner_app_id }: Pick<FlintApp, 'partner_app_id'>): FlintWebhook[] {
    return this.list().filter((webhook) => webhook.partner_app_id === partner_app_id);
  }

  find(id: string): FlintWebhook | undefined {
    return this.byId.get(id);
  }

  /** @throws SandboxError when there is no such endpoint */
  get(id: string): FlintWebhook {
    const webhook = this.find(id);
    if (!webhook) throw new SandboxError(`There is no webhook endpoint ${id}.`);
    return webhook;
  }

  /** `registration` has been checked. */
  add(app: FlintApp, registration: FlintWebhookRegistration): FlintWebhook {
    const at = new Date().toISOString();
    const { source_type, description } = registration;
    const webhook: FlintWebhook = {
      webhook_id: `we_${randomText().slice(0, 20)}`,
      partner_app_id: app.partner_app_id,
      url: registration.url,
      source_type: source_type === 'partner_app' ? 'app' : source_type,
      event_types: [...(registration.event_types ?? [])],
      mode: registration.mode ?? 'both',
      enabled: registration.enabled ?? true,
      ...(description !== undefined && { description }),
      secret: this.secrets.note(newWebhookSecret()),
      created_at: at,
      updated_at: at,
    };
    this.byId.set(webhook.webhook_id, webhook);
    return webhook;
  }

  /** A new secret; the old one signs along for the overlap of the settings. */
  rotate(webhook: FlintWebhook): string {
    webhook.previousSecret = webhook.secret;
    webhook.overlapUntil = Date.now() + this.settings.webhookOverlapSeconds * 1000;
    webhook.secret = this.secrets.note(newWebhookSecret());
    webhook.updated_at = new Date().toISOString();
    return webhook.secret;
  }

  remove(webhook: FlintWebhook): void {
    this.byId.delete(webhook.webhook_id);
  }
}
