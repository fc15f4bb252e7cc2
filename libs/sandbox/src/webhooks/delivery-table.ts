import { controlButton } from '../server/control-button.js';
import { markup, type Markup } from '../server/markup.js';
import { section, table, tag, timeOf } from '../server/page-parts.js';
import type { WebhookDelivery } from './webhook-delivery.js';
import type { WebhookTarget } from './webhook-form.js';
import type { WebhookSender } from './webhook-sender.js';

const ROWS = 15;

/** The last deliveries on the home page, with buttons to send them again. */
export function deliveryTable<T extends WebhookTarget>(
  provider: string,
  sender: WebhookSender<T>,
): Markup {
  const latest = sender.deliveries.slice(-ROWS).reverse();
  const rows = latest.map((delivery) => {
    const last = delivery.attempts.at(-1);
    const good = delivery.status === 'delivered';
    return [
      last && timeOf(last.at),
      markup`${delivery.event_type}<br><code>${delivery.event_id}</code>`,
      markup`<code>${delivery.url}</code>`,
      [tag(good ? 'good' : 'bad', delivery.status), markup` ${outcomeOf(delivery)}`],
      delivery.attempts.length,
      delivery.attempts.length > 0 && [
        controlButton('Resend', `POST ${provider}/resend`, { event_id: delivery.event_id }),
        controlButton('Replay', `POST ${provider}/replay`, { delivery_id: delivery.delivery_id }),
      ],
    ];
  });
  return section(
    'Webhook deliveries',
    sender.total,
    table(['At (UTC)', 'Event', 'To', 'Status', 'Attempts', ''], rows),
  );
}

function outcomeOf({ attempts, reason }: WebhookDelivery): string {
  const last = attempts.at(-1);
  return String(reason ?? last?.status ?? last?.error ?? '');
}
