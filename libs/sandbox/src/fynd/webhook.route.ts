import { answerApiCall, recordApiCall } from '../oauth/api-call-flow.js';
import { jsonAnswer, type Answer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import { InputError } from '../server/input-error.js';
import { readCompanyAccess } from './company-access.js';
import type { FyndAccessToken } from './fynd-tokens.js';
import type { FyndSubscriber } from './fynd-webhook.js';
import type { FyndWorld } from './fynd-world.js';
import { readEventName, readSubscriber, type FyndSubscriberVersion } from './read-subscriber.js';

const SUBSCRIBER = /^\/service\/platform\/webhook\/(v[123]\.0)\/company\/(\d{1,15})\/subscriber$/;
const CURRENT =
  /^\/service\/platform\/webhook\/v1\.0\/company\/(\d{1,15})\/extension\/([^/]+)\/subscriber$/;
const DETAILS = '/service/common/webhook/v1.0/events/query-event-details';

/** Answers a call, its body parsed. */
type Work = (body: unknown) => Answer;

/** What a request asks of the webhook service, if it is one of its routes. */
export function findWebhookRoute(
  world: FyndWorld,
  exchange: Exchange,
  path: string,
): { readonly companyId?: string; readonly work: Work } | undefined {
  const { method } = exchange;
  if (method === 'POST' && path === DETAILS) return { work: (body) => detailsOf(world, body) };
  const [, version, companyId] = SUBSCRIBER.exec(path) ?? [];
  if (isVersion(version) && companyId !== undefined && allows(version, method)) {
    if (version > world.settings.subscriberVersion) {
      return { companyId, work: () => jsonAnswer(404, { message: 'There is no such route.' }) };
    }
    const work: Work = (body) =>
      withAccess(world, exchange, companyId, (access) => subscribe(world, version, access, body));
    return { companyId, work };
  }
  const [, ofCompany, apiKey] = CURRENT.exec(path) ?? [];
  if (method !== 'GET' || ofCompany === undefined) return undefined;
  const work: Work = () =>
    withAccess(world, exchange, ofCompany, (access) => {
      if (access.extension.client_id !== apiKey) return jsonAnswer(200, { items: [] });
      const found = world.subscribers.find(access.company.company_id, access.extension);
      return jsonAnswer(200, { items: found ? [viewOf(world, found)] : [] });
    });
  return { companyId: ofCompany, work };
}

/** Answers one call of the webhook service. */
export async function webhookRoute(
  world: FyndWorld,
  exchange: Exchange,
  path: string,
  { companyId, work }: { readonly companyId?: string; readonly work: Work },
): Promise<void> {
  const { call } = recordApiCall(world.records, exchange, path);
  if (companyId !== undefined) call.account = companyId;
  const text = (await exchange.body()) ?? '';
  await answerApiCall(
    exchange,
    world.faults,
    call,
    { provider: 'fynd', operation: 'api.webhooks', account: companyId },
    {
      work: () => guarded(text, work),
      error: (status, error) => jsonAnswer(status, { message: error }),
      rateLimit: (headers) => jsonAnswer(429, { message: 'Too many requests.' }, headers),
    },
  );
}

function guarded(text: string, work: Work): Answer {
  try {
    return work(text === '' ? undefined : JSON.parse(text));
  } catch (error) {
    if (error instanceof InputError || error instanceof SyntaxError) {
      return jsonAnswer(400, { message: error.message });
    }
    throw error;
  }
}

function withAccess(
  world: FyndWorld,
  exchange: Exchange,
  companyId: string,
  work: (access: FyndAccessToken) => Answer,
): Answer {
  const verdict = readCompanyAccess(world, exchange, companyId);
  return 'access' in verdict ? work(verdict.access) : verdict.refusal;
}

/** Which scope is needed is not documented: any token of the company will do. */
function subscribe(
  world: FyndWorld,
  version: FyndSubscriberVersion,
  { company, extension }: FyndAccessToken,
  body: unknown,
): Answer {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new InputError('body', 'a JSON object');
  }
  const read = readSubscriber(version, body as Record<string, unknown>, world.eventIds);
  world.records.secrets.note(read.secret);
  const put = world.subscribers.put({ ...read, company_id: company.company_id, extension });
  return jsonAnswer(200, viewOf(world, put));
}

/** The ids of the events asked for; any name is taken for one of Fynd's. */
function detailsOf(world: FyndWorld, body: unknown): Answer {
  if (!Array.isArray(body)) throw new InputError('body', 'a list of events');
  const event_configs = body.map((entry, index) => {
    const event = readEventName(entry, `[${index}]`);
    const { category, name, type, version } = event;
    return {
      id: world.eventIds.idOf(event),
      event_category: category,
      event_name: name,
      event_type: type,
      version,
    };
  });
  return jsonAnswer(200, { event_configs });
}

function viewOf({ eventIds }: FyndWorld, one: FyndSubscriber): Record<string, unknown> {
  return {
    id: one.id,
    name: one.extension.client_id,
    provider: 'rest',
    webhook_url: one.url,
    association: { application_id: [], ...one.association, company_id: one.company_id },
    status: one.status,
    email_id: one.email,
    auth_meta: { type: 'hmac', secret: one.secret },
    event_configs: one.events.map((event) => ({
      id: eventIds.idOf(event),
      event_category: event.category,
      event_name: event.name,
      event_type: event.type,
      version: event.version,
    })),
  };
}

const isVersion = (value: string | undefined): value is FyndSubscriberVersion =>
  value === 'v1.0' || value === 'v2.0' || value === 'v3.0';

/** Version 3 puts; the older ones post what is new and put what changes. */
const allows = (version: FyndSubscriberVersion, method: string): boolean =>
  method === 'PUT' || (version !== 'v3.0' && method === 'POST');
