import type { WebhookDelivery } from '../webhooks/webhook-delivery.js';
import type { WebhookHow } from '../webhooks/webhook-how.js';
import type { WebhookSender } from '../webhooks/webhook-sender.js';
import type { FyndExtension } from './fynd-extension.js';
import { slugOf, type FyndEvent, type FyndSubscriber, type FyndTarget } from './fynd-webhook.js';
import type { FyndSubscribers } from './fynd-subscribers.js';

/** Who is told of what. */
export class FyndEvents {
  constructor(
    private readonly subscribers: FyndSubscribers,
    private readonly sender: WebhookSender<FyndTarget>,
  ) {}

  /** To the company's subscribers that want it, else it is recorded why not; or to one URL. */
  async emit(event: FyndEvent, secret: string, how: WebhookHow): Promise<WebhookDelivery[]> {
    const type = slugOf(event.event);
    const id = how.eventId ?? this.sender.newEventId();
    const message = { id, type, body: bodyOf(event) };
    if (event.url !== undefined) {
      return [await this.sender.send({ url: event.url, secret }, message, how)];
    }
    return Promise.all(
      this.subscribers.ofCompany(event.company_id).map(async (subscriber) => {
        const reason = reasonAgainst(subscriber, type);
        return reason === undefined
          ? this.sender.send(subscriber, message, how)
          : this.sender.suppress(subscriber, message, reason);
      }),
    );
  }

  /** What the panel sends to try a URL. */
  ping(companyId: number, how: WebhookHow): Promise<WebhookDelivery[]> {
    const event = { category: 'extension', name: 'ping', type: 'test', version: '1' };
    const body = bodyOf({ company_id: companyId, event, payload: {} });
    const id = how.eventId ?? this.sender.newEventId();
    return Promise.all(
      this.subscribers
        .ofCompany(companyId)
        .map((subscriber) => this.sender.send(subscriber, { id, type: 'ping', body }, how)),
    );
  }

  /** The panel's own call below the Extension URL. Does not wait; it is not repeated. */
  tell(
    extension: FyndExtension,
    route: 'uninstall' | 'auto_install',
    body: Readonly<Record<string, unknown>>,
    signed: boolean,
  ): WebhookDelivery {
    const url = `${extension.extensionUrl.replace(/\/+$/, '')}/fp/${route}`;
    const target = { url, secret: extension.client_secret, lifecycle: true };
    const sign = signed ? 'current' : 'none';
    return this.sender.launch(target, { type: route, body }, { sign, retry: false });
  }
}

function bodyOf({ company_id, application_id, event, payload }: FyndEvent): unknown {
  return {
    company_id,
    ...(application_id !== undefined && { application_id }),
    event: { ...event, created_timestamp: Date.now() },
    payload,
  };
}

function reasonAgainst({ status, events }: FyndSubscriber, type: string): string | undefined {
  if (status !== 'active') return 'The subscriber is not active.';
  const wants = events.some((event) => slugOf(event) === type);
  return wants ? undefined : `The subscriber's event map has no ${type}.`;
}
