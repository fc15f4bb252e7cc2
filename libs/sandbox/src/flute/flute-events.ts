import type { WebhookDelivery } from '../webhooks/webhook-delivery.js';
import type { WebhookHow } from '../webhooks/webhook-how.js';
import type { WebhookSender } from '../webhooks/webhook-sender.js';
import type { FluteAccessToken } from './flute-token.js';
import type { FluteTransaction } from './flute-transaction.js';
import type { FluteEvent, FluteWebhook } from './flute-webhook.js';
import type { FluteWebhooks } from './flute-webhooks.js';

type Place = Pick<FluteAccessToken, 'key' | 'environment'>;
type Told = Pick<FluteEvent, 'type' | 'resourceId' | 'resourceType'>;

/** Who is told of what. */
export class FluteEvents {
  constructor(
    private readonly webhooks: FluteWebhooks,
    private readonly sender: WebhookSender<FluteWebhook>,
  ) {}

  /** To the endpoints of one key in one environment that want it. */
  emit(place: Place, event: Told, how: WebhookHow): Promise<WebhookDelivery[]> {
    const id = how.eventId ?? this.sender.newEventId();
    return Promise.all(
      this.wanting(place, event.type).map((webhook) =>
        this.sender.send(webhook, messageOf(id, event), how),
      ),
    );
  }

  /** A card transaction was made. Does not wait. */
  transaction(place: Place, { transactionId, transactionStatus }: FluteTransaction): void {
    const type = `transaction.card.${transactionStatus.toLowerCase()}`;
    const id = this.sender.newEventId();
    const event = { type, resourceId: transactionId, resourceType: 'transaction' };
    for (const webhook of this.wanting(place, type)) {
      this.sender.launch(webhook, messageOf(id, event));
    }
  }

  /** Tries one endpoint. Does not wait. */
  ping(webhook: FluteWebhook): WebhookDelivery {
    const event = { type: 'ping', resourceId: webhook.id, resourceType: 'webhook_endpoint' };
    const message = messageOf(this.sender.newEventId(), event);
    return this.sender.launch(webhook, message, { retry: false });
  }

  private wanting(place: Place, type: string): FluteWebhook[] {
    return this.webhooks
      .of(place)
      .filter(
        ({ enabled, eventTypes }) =>
          enabled && (eventTypes.length === 0 || eventTypes.includes(type)),
      );
  }
}

function messageOf(id: string, { type, resourceId, resourceType }: Told) {
  const created = Math.floor(Date.now() / 1000);
  const data = { object: { id: resourceId, resourceType } };
  return { id, type, body: { id, data, type, created, apiVersion: 'v2' } };
}
