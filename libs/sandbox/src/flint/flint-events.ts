import type { WebhookDelivery } from '../webhooks/webhook-delivery.js';
import type { WebhookHow } from '../webhooks/webhook-how.js';
import type { WebhookSender } from '../webhooks/webhook-sender.js';
import { scopesForEvent } from './event-scopes.js';
import type { FlintDirectory } from './flint-directory.js';
import type { GrantState } from './flint-install.js';
import type { FlintInstalls } from './flint-installs.js';
import type { FlintSettings } from './flint-settings.js';
import type { FlintMerchantEvent, FlintWebhook } from './flint-webhook.js';
import type { FlintWebhooks } from './flint-webhooks.js';
import { changeData, type InstallChange } from './install-change.js';
import { covers } from './scope-cover.js';

const API_VERSION = '2026-09-07';

/** Who is told of what. */
export class FlintEvents {
  constructor(
    private readonly settings: FlintSettings,
    private readonly directory: FlintDirectory,
    private readonly installs: FlintInstalls,
    private readonly webhooks: FlintWebhooks,
    private readonly sender: WebhookSender<FlintWebhook>,
  ) {}

  /** A lifecycle event, to the app's endpoints that want it. Does not wait. */
  changed(change: InstallChange): void {
    const { type, install } = change;
    const wanting = this.webhooks
      .ofApp(install)
      .filter(
        ({ source_type, enabled, event_types }) =>
          source_type === 'app' &&
          enabled &&
          (event_types.length === 0 || event_types.includes(type)),
      );
    if (wanting.length === 0) return;
    const id = this.sender.newEventId();
    const body = {
      ...this.head(id, type),
      partner_app_id: install.partner_app_id,
      ...this.tail(),
      data: changeData(change),
    };
    for (const webhook of wanting) this.sender.launch(webhook, { id, type, body });
  }

  /** A merchant's event, to every `installed_merchants` endpoint that may see it; else it is recorded why not. */
  async emit(event: FlintMerchantEvent, how: WebhookHow): Promise<WebhookDelivery[]> {
    this.directory.merchant(event.merchant_id);
    const id = how.eventId ?? event.event_id ?? this.sender.newEventId();
    const endpoints = this.webhooks
      .list()
      .filter(({ source_type }) => source_type === 'installed_merchants');
    return Promise.all(
      endpoints.map(async (webhook) => {
        const verdict = this.grantFor(webhook, event);
        const type = event.event_type;
        if (typeof verdict === 'string')
          return this.sender.suppress(webhook, { id, type }, verdict);
        const body = this.merchantBody(id, webhook, event, verdict);
        return this.sender.send(webhook, { id, type, body }, how);
      }),
    );
  }

  /** An event without an occasion, to try an endpoint with. Does not wait. */
  test(webhook: FlintWebhook, type: string): WebhookDelivery {
    const id = this.sender.newEventId();
    const { partner_app_id } = webhook;
    const body = { ...this.head(id, type), partner_app_id, ...this.tail(), data: {} };
    return this.sender.launch(webhook, { id, type, body }, { retry: false });
  }

  /** The grant that lets an endpoint see an event, or why there is none. */
  private grantFor(
    { partner_app_id, enabled, event_types, mode }: FlintWebhook,
    event: FlintMerchantEvent,
  ): GrantState | string {
    if (!enabled) return 'The endpoint is not enabled.';
    if (!event_types.includes(event.event_type)) {
      return `The endpoint is not subscribed to ${event.event_type}.`;
    }
    if (mode !== 'both' && mode !== event.mode) return `The endpoint is for ${mode} only.`;
    const scopes = scopesForEvent(event.event_type);
    if (!scopes) return `No scope is known for ${event.event_type}.`;
    const grants = this.installs.activeGrants(partner_app_id, event.merchant_id, event.mode);
    if (grants.length === 0) {
      return `${event.merchant_id} has no active install in ${event.mode}.`;
    }
    const allowing = grants.find(({ view }) =>
      scopes.some((scope) => covers(view.granted_scopes, scope)),
    );
    return allowing ?? `Missing scope: ${scopes[0]}.`;
  }

  private merchantBody(
    id: string,
    webhook: FlintWebhook,
    event: FlintMerchantEvent,
    { view, install }: GrantState,
  ): Record<string, unknown> {
    const { event_type, merchant_id, mode } = event;
    const data = {
      ...(event.data ?? thinData(event_type, view.environment_id)),
      source_type: 'installed_merchants',
      merchant_id,
      mode,
      partner_app_install_id: install.partner_app_install_id,
      environment_grant_id: view.environment_grant_id,
      environment_id: view.environment_id,
    };
    const head = this.head(id, event_type);
    if (this.settings.envelope === 'partner') {
      return { ...head, partner_app_id: webhook.partner_app_id, ...this.tail(), data };
    }
    return {
      ...head,
      merchant_id,
      mode,
      payload_version: 1,
      ...this.tail(),
      request: null,
      test: mode === 'test',
      data,
    };
  }

  private head(webhook_event_id: string, event_type: string): Record<string, unknown> {
    return { webhook_event_id, event_type };
  }

  private tail(): Record<string, unknown> {
    const at = Date.now() + this.settings.clockOffsetSeconds * 1000;
    return { api_version: API_VERSION, created_at: new Date(at).toISOString() };
  }
}

/** An id and a status, as Flint's thin payloads have: `order.paid` gives `order_id` and `paid`. */
function thinData(eventType: string, environmentId: string): Record<string, unknown> {
  const [family = '', ...rest] = eventType.split('.');
  return { [`${family}_id`]: `${family}_${environmentId}_1`, status: rest.at(-1) ?? '' };
}
