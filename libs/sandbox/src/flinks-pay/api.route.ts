import { fingerprint } from '../inspection/fingerprint.js';
import { answerApiCall, recordApiCall } from '../oauth/api-call-flow.js';
import type { Answer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import type { FlinksPayApiRoute } from './api-call.js';
import type { FlinksPayCustomer } from './flinks-pay-customer.js';
import type { FlinksPayToken } from './flinks-pay-tokens.js';
import type { FlinksPayWorld } from './flinks-pay-world.js';
import { createPaymentRequest, readPaymentRequest } from './payment-requests.js';
import { problemAnswer } from './problem.js';
import { startSession } from './start-session.js';
import { cancelSession, readDetails, readStatus } from './v2-session.js';

const always = () => true;

const ROUTES: readonly FlinksPayApiRoute[] = [
  {
    method: 'POST',
    path: /^\/api\/v1\/sessions\/initiate$/,
    operation: 'api.sessions',
    needsBody: true,
    needsToken: always,
    work: (call) => startSession(call, 'v1'),
  },
  {
    method: 'POST',
    path: /^\/api\/v1\/paymentrequests$/,
    operation: 'api.paymentrequests',
    needsBody: true,
    needsToken: always,
    work: createPaymentRequest,
  },
  {
    method: 'GET',
    path: /^\/api\/v1\/paymentrequests\/([^/]+)$/,
    operation: 'api.paymentrequests',
    needsBody: false,
    needsToken: always,
    work: readPaymentRequest,
  },
  {
    method: 'POST',
    path: /^\/api\/v2\/sessions$/,
    operation: 'api.sessions',
    needsBody: true,
    needsToken: always,
    work: (call) => startSession(call, 'v2'),
  },
  {
    method: 'GET',
    path: /^\/api\/v2\/sessions\/([^/]+)\/status$/,
    operation: 'api.status',
    needsBody: false,
    needsToken: ({ settings }) => settings.statusNeedsToken,
    work: readStatus,
  },
  {
    method: 'GET',
    path: /^\/api\/v2\/sessions\/([^/]+)\/details$/,
    operation: 'api.details',
    needsBody: false,
    needsToken: always,
    work: readDetails,
  },
  {
    method: 'POST',
    path: /^\/api\/v2\/sessions\/([^/]+)\/cancel$/,
    operation: 'api.cancel',
    needsBody: false,
    needsToken: always,
    work: cancelSession,
  },
];

/** The route of a request, if there is one. */
export function findApiRoute(method: string, path: string): FlinksPayApiRoute | undefined {
  return ROUTES.find((route) => route.method === method && route.path.test(path));
}

/** Answers one call of the API. */
export async function apiRoute(
  world: FlinksPayWorld,
  customer: FlinksPayCustomer,
  route: FlinksPayApiRoute,
  exchange: Exchange,
  path: string,
): Promise<void> {
  const { call, token: value } = recordApiCall(world.records, exchange, path);
  call.account = customer.name;
  const text = exchange.method === 'POST' ? ((await exchange.body()) ?? '') : '';
  const token = value === undefined ? undefined : world.tokens.find(value);
  call.token_of = token?.customer.name;
  const work = (): Answer => {
    const refusal =
      refusalOfToken(world, customer, route, exchange, token) ??
      refusalOfContent(world, route, exchange);
    if (refusal) return refusal;
    const body = route.needsBody ? readObject(text) : undefined;
    if (route.needsBody && body === undefined) {
      world.records.violate('not_json', 'The body is not a JSON object.');
      return problemAnswer(400, 'The body must be a JSON object.');
    }
    return route.work({
      world,
      customer,
      token,
      tokenFingerprint: value === undefined ? '' : fingerprint(value),
      id: route.path.exec(path)?.[1] ?? '',
      body,
    });
  };
  await answerApiCall(
    exchange,
    world.faults,
    call,
    { provider: 'flinks-pay', operation: route.operation, account: customer.name },
    {
      work,
      error: (status, title, detail = 'Refused on demand.') =>
        problemAnswer(status, detail, { title }),
      rateLimit: (headers) => problemAnswer(429, 'Too many requests.', { headers }),
    },
  );
}

/** The answer for a token that does not open this route. */
function refusalOfToken(
  world: FlinksPayWorld,
  customer: FlinksPayCustomer,
  route: FlinksPayApiRoute,
  exchange: Exchange,
  token: FlinksPayToken | undefined,
): Answer | undefined {
  const { records } = world;
  if (new URLSearchParams(exchange.query).has('access_token')) {
    records.violate('token_in_query', 'An access token was sent in the query.');
    return problemAnswer(400, 'Tokens do not belong in a URL.');
  }
  const header = exchange.header('authorization');
  if (header !== undefined && exchange.header('x-api-key') !== undefined) {
    records.violate('two_credentials', 'An API key and a bearer token on one request.');
    return problemAnswer(400, 'More than one credential was sent.');
  }
  if (header === undefined && !route.needsToken(world)) return undefined;
  if (token !== undefined && token.customer !== customer) {
    const detail = `A token of ${token.customer.name} was sent to ${customer.name}.`;
    records.violate('token_of_another_customer', detail);
    return problemAnswer(401, 'The token is unknown here.');
  }
  const good = token !== undefined && token.expiresAt > Date.now();
  return good ? undefined : problemAnswer(401, 'The token is missing, unknown or expired.');
}

function refusalOfContent(
  world: FlinksPayWorld,
  route: FlinksPayApiRoute,
  exchange: Exchange,
): Answer | undefined {
  const type = exchange.header('content-type');
  if (!route.needsBody || /^application\/json *(;|$)/i.test(type ?? '')) return undefined;
  world.records.violate('wrong_content_type', 'The body must be application/json.');
  return problemAnswer(415, 'The body must be application/json.');
}

function readObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}
