import type { Answer } from '../server/answer.js';
import { appOf, notFound, type DeveloperCall, type DeveloperRoute } from './developer-call.js';
import { errorAnswer, successAnswer } from './envelope.js';
import type { FlintWebhook } from './flint-webhook.js';
import { readWebhook } from './read-webhook.js';

const PATH = /^\/v1\/developer\/partner\/apps\/([^/]+)\/webhook$/;

/** The guide's webhook route: one endpoint for an app. */
export const APP_WEBHOOK_ROUTES: readonly DeveloperRoute[] = [
  {
    method: 'POST',
    path: PATH,
    operation: 'developer.webhooks',
    area: 'apps',
    write: (call) => {
      const { world, exchange, body } = call;
      const app = appOf(call);
      if (!app) return notFound(call, 'PARTNER_APP_NOT_FOUND');
      const registration = readWebhook(body, true);
      if (world.webhooks.ofApp(app).length > 0) {
        const message = 'The app has a webhook endpoint already.';
        return errorAnswer(exchange.requestId, 409, 'RESOURCE_LIMIT_EXCEEDED', { message });
      }
      const webhook = world.webhooks.add(app, registration);
      const secret = world.settings.webhookSecretInAnswer && { secret: webhook.secret };
      return { status: 201, data: { ...viewOf(webhook), ...secret } };
    },
  },
  {
    method: 'GET',
    path: PATH,
    operation: 'developer.webhooks',
    area: 'apps',
    read: (call) =>
      withWebhook(call, (webhook) => successAnswer(call.exchange.requestId, viewOf(webhook))),
  },
  {
    method: 'DELETE',
    path: PATH,
    operation: 'developer.webhooks',
    area: 'apps',
    write: (call) => {
      const webhook = find(call);
      if (!webhook) return notFound(call, 'RESOURCE_NOT_FOUND');
      call.world.webhooks.remove(webhook);
      call.world.sender.abandon(webhook, 'The endpoint was removed.');
      return { status: 200, data: { webhook_id: webhook.webhook_id, deleted: true } };
    },
  },
];

function find(call: DeveloperCall): FlintWebhook | undefined {
  const app = appOf(call);
  return app && call.world.webhooks.ofApp(app)[0];
}

function withWebhook(call: DeveloperCall, work: (webhook: FlintWebhook) => Answer): Answer {
  const webhook = find(call);
  return webhook ? work(webhook) : notFound(call, 'RESOURCE_NOT_FOUND');
}

function viewOf(webhook: FlintWebhook): Record<string, unknown> {
  const { webhook_id, partner_app_id, url, source_type, event_types, mode, enabled } = webhook;
  const { created_at, updated_at } = webhook;
  return {
    webhook_id,
    partner_app_id,
    url,
    source_type,
    event_types,
    mode,
    enabled,
    created_at,
    updated_at,
  };
}
