import { answerApiCall, recordApiCall } from '../oauth/api-call-flow.js';
import { jsonAnswer, type Answer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import type { FluteApiRoute } from './api-call.js';
import { readAccess } from './api-access.js';
import type { FluteEnvironment } from './flute-environment.js';
import type { FluteWorld } from './flute-world.js';
import { pageAnswer } from './paging.js';
import { edgeProblemAnswer, envelopeAnswer } from './problem.js';
import { createTransaction } from './transaction-creation.js';
import { WEBHOOK_ROUTES } from './webhook-endpoints.js';

const ROUTES: readonly FluteApiRoute[] = [
  {
    method: 'GET',
    path: /^\/v2\/transactions$/,
    resource: 'transactions',
    work: ({ world, access, query }) => {
      const reference = query.get('referenceId');
      const rows = world.data.transactions(access);
      return pageAnswer(
        world.settings,
        query,
        reference === null ? rows : rows.filter(({ referenceId }) => referenceId === reference),
      );
    },
  },
  {
    method: 'GET',
    path: /^\/v2\/transactions\/([^/]+)$/,
    resource: 'transactions',
    work: ({ world, access, id }) => {
      const found = world.data.transactions(access).find((row) => row.transactionId === id);
      return found === undefined
        ? envelopeAnswer(world.settings, 404, 'The resource does not exist or has been deleted.')
        : jsonAnswer(200, found);
    },
  },
  {
    method: 'POST',
    path: /^\/v2\/transactions$/,
    resource: 'transactions',
    work: ({ world, access, body }) => createTransaction(world, access, body),
  },
  {
    method: 'GET',
    path: /^\/v2\/customers$/,
    resource: 'customers',
    work: ({ world, access, query }) =>
      pageAnswer(world.settings, query, world.data.customers(access)),
  },
  ...WEBHOOK_ROUTES,
];

/** The route of a request, if there is one. */
export function findApiRoute(method: string, path: string): FluteApiRoute | undefined {
  return ROUTES.find((route) => route.method === method && route.path.test(path));
}

/** Answers one call of an environment's API host; `path` begins with `/v2/`. */
export async function apiRoute(
  world: FluteWorld,
  environment: FluteEnvironment,
  route: FluteApiRoute,
  exchange: Exchange,
  path: string,
): Promise<void> {
  const { records, settings, faults } = world;
  const { call, token } = recordApiCall(records, exchange, `/${environment}${path}`);
  call.account = environment;
  const owner = token === undefined ? undefined : world.tokens.findAccess(token);
  if (owner) call.token_of = `${owner.environment}/${owner.key.client_id}`;
  const hasBody = exchange.method !== 'GET' && !route.bodiless;
  const body = hasBody ? ((await exchange.body()) ?? '') : '';
  const work = (): Answer => {
    const verdict = readAccess(world, environment, exchange, token);
    if ('refusal' in verdict) return verdict.refusal;
    if (hasBody && !isJson(exchange)) {
      records.violate('wrong_content_type', 'The body must be application/json.');
      return edgeProblemAnswer(415, 'Unsupported Media Type');
    }
    return route.work({
      world,
      access: verdict.access,
      query: new URLSearchParams(exchange.query),
      id: route.path.exec(path)?.[1] ?? '',
      body,
    });
  };
  await answerApiCall(
    exchange,
    faults,
    call,
    { provider: 'flute', operation: `api.${route.resource}`, account: environment },
    {
      work,
      error: (status, code, message = 'Refused on demand.') =>
        envelopeAnswer(settings, status, message, { code }),
      rateLimit: (headers) =>
        envelopeAnswer(settings, 429, 'Too many requests sent in a short period.', { headers }),
    },
  );
}

const isJson = (exchange: Exchange): boolean =>
  /^application\/json *(;|$)/i.test(exchange.header('content-type') ?? '');
