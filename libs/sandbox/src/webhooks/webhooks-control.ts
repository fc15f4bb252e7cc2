import type { ControlRoutes } from '../server/control-routes.js';
import { onlyKeys, oneOf, optional, text, wholeNumber } from '../server/input.js';
import type { WebhookSender } from './webhook-sender.js';
import type { WebhookTarget } from './webhook-form.js';
import { readWebhookSettings } from './webhook-settings.js';

/** What can be asked of every provider's webhooks under `/__sandbox/<provider>/`. */
export function webhooksControl<T extends WebhookTarget>(sender: WebhookSender<T>): ControlRoutes {
  return {
    'GET deliveries': ({ query }) => {
      const number = (name: string, otherwise: number) => {
        const given = query.get(name);
        return given === null ? otherwise : wholeNumber(0, 'deliveries')(Number(given), name);
      };
      return sender.slice(number('after', 0), number('limit', 10_000));
    },
    'POST resend': async ({ body }) => {
      onlyKeys(body, ['event_id']);
      return { data: await sender.resend(text(body['event_id'], 'event_id')) };
    },
    'POST replay': async ({ body }) => {
      onlyKeys(body, ['delivery_id']);
      return { data: await sender.replay(text(body['delivery_id'], 'delivery_id')) };
    },
    'POST release': async ({ body }) => {
      onlyKeys(body, ['order', 'concurrency']);
      const order = optional(oneOf('oldest', 'newest', 'random'))(body['order'], 'order');
      const concurrency = optional(wholeNumber(1, 'deliveries'))(
        body['concurrency'],
        'concurrency',
      );
      return { data: await sender.release({ order, concurrency }) };
    },
    'POST stop-retries': () => {
      sender.stopRetries();
      return {};
    },
    'POST webhook-settings': ({ body }) =>
      Object.assign(sender.settings, readWebhookSettings(body)),
  };
}
