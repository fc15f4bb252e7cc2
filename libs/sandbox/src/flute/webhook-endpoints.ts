import { jsonAnswer, type Answer } from '../server/answer.js';
import { InputError } from '../server/input-error.js';
import { flag, onlyKeys, optional, text, texts } from '../server/input.js';
import { webhookUrl } from '../webhooks/webhook-url.js';
import type { FluteApiCall, FluteApiRoute } from './api-call.js';
import { FLUTE_EVENT_TYPES, type FluteWebhook } from './flute-webhook.js';
import type { FluteSettings } from './flute-settings.js';
import { pageAnswer } from './paging.js';
import { edgeProblemAnswer, envelopeAnswer } from './problem.js';

const ALL = /^\/v2\/webhooks\/endpoints$/;
const ONE = /^\/v2\/webhooks\/endpoints\/([^/]+)$/;
const resource = 'webhooks';

/** Managing webhook endpoints: `/v2/webhooks/…`. */
export const WEBHOOK_ROUTES: readonly FluteApiRoute[] = [
  { method: 'POST', path: ALL, resource, work: (call) => guarded(() => create(call)) },
  {
    method: 'GET',
    path: ALL,
    resource,
    work: ({ world, access, query }) => {
      const { settings, webhooks } = world;
      const rows = webhooks.of(access).map((webhook) => viewOf(settings, webhook));
      return pageAnswer(settings, query, rows);
    },
  },
  {
    method: 'GET',
    path: ONE,
    resource,
    work: (call) =>
      withWebhook(call, (webhook) => jsonAnswer(200, viewOf(call.world.settings, webhook))),
  },
  {
    method: 'PATCH',
    path: ONE,
    resource,
    work: (call) =>
      withWebhook(call, (webhook) =>
        guarded(() => {
          Object.assign(webhook, readFields(call));
          return jsonAnswer(200, viewOf(call.world.settings, webhook));
        }),
      ),
  },
  {
    method: 'DELETE',
    path: ONE,
    resource,
    bodiless: true,
    work: (call) =>
      withWebhook(call, (webhook) => {
        call.world.webhooks.remove(webhook);
        call.world.sender.abandon(webhook, 'The endpoint was removed.');
        return { status: 204, headers: {}, body: '' };
      }),
  },
  {
    method: 'POST',
    path: /^\/v2\/webhooks\/endpoints\/([^/]+)\/ping$/,
    resource,
    bodiless: true,
    work: (call) =>
      withWebhook(call, (webhook) => {
        const { event_id, status } = call.world.events.ping(webhook);
        return jsonAnswer(200, { eventId: event_id, status });
      }),
  },
  {
    method: 'GET',
    path: /^\/v2\/webhooks\/event-types$/,
    resource,
    work: () => jsonAnswer(200, { items: FLUTE_EVENT_TYPES.map((eventType) => ({ eventType })) }),
  },
];

type Fields = Pick<FluteWebhook, 'name' | 'url' | 'eventTypes' | 'enabled'>;

function create(call: FluteApiCall): Answer {
  const { world, access } = call;
  const { settings } = world;
  const { url, name, eventTypes = [], enabled = true } = readFields(call);
  const webhook = world.webhooks.add(access, {
    url: webhookUrl(url, 'url'),
    name: text(name, namesOf(settings).name),
    eventTypes,
    enabled,
  });
  const secret = { [namesOf(settings).secret]: webhook.secret };
  return jsonAnswer(settings.webhookCreatedStatus, { ...viewOf(settings, webhook), ...secret });
}

function readFields({ world, body }: FluteApiCall): Partial<Fields> {
  const input = readObject(body);
  const { name } = namesOf(world.settings);
  onlyKeys(input, ['url', 'endpointUrl', name, 'eventTypes', 'enabled']);
  // The tests of Flute's own webhook CLI send the longer name.
  const urlName = input['url'] === undefined ? 'endpointUrl' : 'url';
  const read = {
    url: optional(webhookUrl)(input[urlName], urlName),
    name: optional(text)(input[name], name),
    eventTypes: optional(texts)(input['eventTypes'], 'eventTypes'),
    enabled: optional(flag)(input['enabled'], 'enabled'),
  };
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
}

function readObject(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // Told below.
  }
  throw new InputError('body', 'a JSON object');
}

function guarded(work: () => Answer): Answer {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return edgeProblemAnswer(400, 'One or more validation errors occurred.', {
      [error.field]: [error.message],
    });
  }
}

function withWebhook(call: FluteApiCall, work: (webhook: FluteWebhook) => Answer): Answer {
  const { world, access, id } = call;
  const webhook = world.webhooks.find(access, id);
  return webhook
    ? work(webhook)
    : envelopeAnswer(world.settings, 404, 'The resource does not exist or has been deleted.');
}

/** The fields were renamed in 2026. */
function namesOf({ webhookFields }: FluteSettings) {
  return webhookFields === 'newer'
    ? { id: 'endpointId', name: 'webhookName', secret: 'hmacSecret' }
    : { id: 'id', name: 'name', secret: 'secret' };
}

function viewOf(settings: FluteSettings, webhook: FluteWebhook): Record<string, unknown> {
  const names = namesOf(settings);
  const { url, eventTypes, enabled, createdAt } = webhook;
  return {
    [names.id]: webhook.id,
    [names.name]: webhook.name,
    url,
    eventTypes,
    enabled,
    createdAt,
  };
}
