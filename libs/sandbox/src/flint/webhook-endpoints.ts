import type { Answer } from '../server/answer.js';
import { InputError } from '../server/input-error.js';
import { flag, onlyKeys, optional, text, texts } from '../server/input.js';
import { webhookUrl } from '../webhooks/webhook-url.js';
import {
  notFound,
  type DeveloperCall,
  type DeveloperRoute,
  type DeveloperWork,
} from './developer-call.js';
import { errorAnswer, successAnswer } from './envelope.js';
import type { FlintApp } from './flint-app.js';
import type { FlintWebhook, FlintWebhookRegistration } from './flint-webhook.js';
import type { Done } from './idempotent-writes.js';
import { pagedAnswer } from './paged-answer.js';
import { readWebhook } from './read-webhook.js';

const ALL = /^\/v1\/webhook-endpoints$/;
const ONE = /^\/v1\/webhook-endpoints\/([^/]+)$/;
const UNKNOWN = 'RESOURCE_NOT_FOUND';
const FIELDS = ['url', 'enabled', 'enabled_events', 'event_sources', 'mode', 'partner_app_id'];
const NAMES = { source: 'event_sources', events: 'enabled_events' };

const route = (method: string, path: RegExp, work: DeveloperWork): DeveloperRoute => ({
  method,
  path,
  operation: 'developer.webhooks',
  area: 'webhooks',
  ...work,
});

/** The newer contract's webhook routes (version 2026-09-07): any number of endpoints for an app. */
export const WEBHOOK_ENDPOINT_ROUTES: readonly DeveloperRoute[] = [
  route('POST', ALL, {
    write: ({ world, body }) => {
      const { app, registration } = readEndpoint(world.directory.allApps(), body);
      const webhook = world.webhooks.add(app, registration);
      return { status: 201, data: { ...viewOf(webhook), secret: webhook.secret } };
    },
  }),
  route('GET', ALL, {
    read: ({ world, exchange }) => {
      const query = new URLSearchParams(exchange.query);
      const app = query.get('partner_app_id');
      const sources = query.getAll('event_sources');
      const rows = world.webhooks
        .list()
        .filter((one) => app === null || one.partner_app_id === app)
        .map(viewOf)
        .filter((one) => sources.length === 0 || sources.includes(String(one['event_sources'])));
      return pagedAnswer(exchange, rows);
    },
  }),
  route('GET', ONE, {
    read: (call) => {
      const webhook = find(call);
      return webhook
        ? successAnswer(call.exchange.requestId, viewOf(webhook))
        : notFound(call, UNKNOWN);
    },
  }),
  route('PATCH', ONE, {
    write: (call) => {
      const webhook = find(call);
      if (!webhook) return notFound(call, UNKNOWN);
      Object.assign(webhook, readChange(webhook, call.body));
      webhook.updated_at = new Date().toISOString();
      return { status: 200, data: viewOf(webhook) };
    },
  }),
  route('DELETE', ONE, {
    write: (call) => {
      const webhook = find(call);
      if (!webhook) return notFound(call, UNKNOWN);
      call.world.webhooks.remove(webhook);
      call.world.sender.abandon(webhook, 'The endpoint was removed.');
      return { status: 200, data: { webhook_endpoint_id: webhook.webhook_id, deleted: true } };
    },
  }),
  route('POST', /^\/v1\/webhook-endpoints\/([^/]+)\/rotate-secret$/, {
    write: (call) => {
      const webhook = find(call);
      if (!webhook) return notFound(call, UNKNOWN);
      return { status: 200, data: { secret: call.world.webhooks.rotate(webhook) } };
    },
  }),
  route('POST', /^\/v1\/webhook-endpoints\/([^/]+)\/test-events$/, { write: testEvent }),
];

/** The contract's answer tells of the attempt; here it is still under way. */
function testEvent(call: DeveloperCall): Done | Answer {
  const { world, exchange, body } = call;
  const webhook = find(call);
  if (!webhook) return notFound(call, UNKNOWN);
  onlyKeys({ ...body }, ['event_type']);
  const type = text(body['event_type'], 'event_type');
  if (!webhook.enabled) {
    const message = 'The endpoint is not enabled.';
    return errorAnswer(exchange.requestId, 409, 'WEBHOOK_ENDPOINT_NOT_ACTIVE', { message });
  }
  const delivery = world.events.test(webhook, type);
  return {
    status: 201,
    data: {
      webhook_event_id: delivery.event_id,
      webhook_delivery_id: delivery.delivery_id,
      webhook_delivery_attempt_id: `watt_${delivery.delivery_id}`,
      delivery_trigger: 'test_event',
      attempt_status: delivery.status,
      delivery_status: delivery.status,
      status_code: null,
      duration_milliseconds: null,
    },
  };
}

/** The newer words in place of the guide's. Endpoints of a merchant's own account are not emulated. */
function readEndpoint(
  apps: readonly FlintApp[],
  body: Readonly<Record<string, unknown>>,
): { app: FlintApp; registration: FlintWebhookRegistration } {
  onlyKeys({ ...body }, [...FIELDS, 'api_version', 'description']);
  const sources = optional(texts)(body['event_sources'], 'event_sources') ?? [];
  if (
    sources.length !== 1 ||
    (sources[0] !== 'partner_app' && sources[0] !== 'installed_merchants')
  ) {
    throw new InputError('event_sources', '["partner_app"] or ["installed_merchants"]');
  }
  const id = text(body['partner_app_id'], 'partner_app_id');
  const app = apps.find(({ partner_app_id }) => partner_app_id === id);
  if (!app) throw new InputError('partner_app_id', 'the id of a registered app');
  const { url, enabled_events: event_types, mode, enabled, description } = body;
  const input = { url, source_type: sources[0], event_types, mode, enabled, description };
  return { app, registration: readWebhook(input, false, NAMES) };
}

function readChange(
  { source_type }: FlintWebhook,
  body: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  onlyKeys({ ...body }, ['url', 'enabled', 'enabled_events', 'mode', 'description']);
  const all = {
    url: optional(webhookUrl)(body['url'], 'url'),
    enabled: optional(flag)(body['enabled'], 'enabled'),
    description: optional(text)(body['description'], 'description'),
  };
  const { enabled_events, mode } = body;
  const checked = readWebhook(
    {
      url: 'https://unchanged.example',
      source_type,
      event_types: enabled_events ?? (source_type === 'app' ? [] : ['unchanged']),
      mode,
    },
    false,
    NAMES,
  );
  return Object.fromEntries(
    Object.entries({
      ...all,
      event_types: enabled_events === undefined ? undefined : checked.event_types,
      mode: mode === undefined ? undefined : checked.mode,
    }).filter(([, value]) => value !== undefined),
  );
}

function find({ world, ids: [id = ''] }: DeveloperCall): FlintWebhook | undefined {
  return world.webhooks.find(id);
}

function viewOf(webhook: FlintWebhook): Record<string, unknown> {
  const { webhook_id, source_type, event_types, url, enabled, mode, partner_app_id } = webhook;
  const { description, created_at, updated_at } = webhook;
  return {
    webhook_endpoint_id: webhook_id,
    url,
    enabled,
    enabled_events: event_types,
    event_sources: [source_type === 'app' ? 'partner_app' : source_type],
    mode,
    partner_app_id,
    description,
    api_version: '2026-09-07',
    created_at,
    updated_at,
  };
}
