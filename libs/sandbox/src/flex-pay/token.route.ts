import type { TokenCall } from '../inspection/token-call.js';
import { readBasic, sameSecret } from '../oauth/basic.js';
import { Parameters } from '../oauth/parameters.js';
import { answerTokenCall } from '../oauth/token-call-flow.js';
import { jsonAnswer, type Answer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import { isBlocked } from './edge.js';
import type { FlexPayClient, FlexPayEnvironment } from './flex-pay-client.js';
import type { FlexPayWorld } from './flex-pay-world.js';
import { edgeRefusal, problem } from './problem.js';

/** Path of the token route, below the environment. */
export const TOKEN_PATH = '/api/auth/v1/oauth/token';

interface Refusal {
  readonly status: number;
  readonly error: string;
  readonly detail: string;
  /** The rule that a correct client would not break. */
  readonly rule?: string;
}

/**
 * `POST /api/auth/v1/oauth/token?grant_type=client_credentials`: Basic, the grant in the query, no
 * body (Authorization page).
 */
export async function tokenRoute(
  world: FlexPayWorld,
  exchange: Exchange,
  environment: FlexPayEnvironment,
): Promise<void> {
  const { records, settings, tokens } = world;
  const call = records.beginTokenCall(exchange.startedAt);
  const body = await exchange.body();
  const query = new Parameters(exchange.query);
  call.grant_type = query.get('grant_type')?.slice(0, 100);
  const verdict = readRequest(world, exchange, environment, call, query, body);
  if ('detail' in verdict && verdict.rule !== undefined) {
    records.violate(verdict.rule, verdict.detail);
  }

  const refuse = ({ status, error, detail }: Refusal): Answer => {
    call.error = error;
    if (settings.tokenErrors === 'oauth') {
      return jsonAnswer(status, { error, error_description: detail });
    }
    return problem(status, status === 401 ? 'Unauthorized' : detail);
  };
  const work = (): Answer => {
    if (isBlocked(world, exchange)) {
      call.error = 'address_not_allowed';
      return edgeRefusal();
    }
    if ('detail' in verdict) return refuse(verdict);
    call.committed = true;
    return jsonAnswer(200, tokens.issue(verdict), { 'cache-control': 'no-store' });
  };
  await answerTokenCall(
    exchange,
    world.faults,
    call,
    {
      provider: 'flex-pay',
      path: TOKEN_PATH,
      client_id: call.client_id,
      merchant_id: call.merchant_id,
      account: call.account,
    },
    {
      work,
      error: (status, error, detail = 'Refused on demand.') => refuse({ status, error, detail }),
      rateLimit: (headers) => ({
        ...problem(429, 'Too many requests.'),
        headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
      }),
    },
  );
}

/** The client that may have a token, or why not. */
function readRequest(
  world: FlexPayWorld,
  exchange: Exchange,
  environment: FlexPayEnvironment,
  call: TokenCall,
  query: Parameters,
  body: string | undefined,
): FlexPayClient | Refusal {
  const header = exchange.header('authorization');
  const basic = header === undefined ? undefined : readBasic(header);
  for (const secret of [basic?.secret, query.get('client_secret')]) {
    if (secret !== undefined) world.records.secrets.note(secret);
  }
  const client = basic && world.clients.find(environment, basic.id);
  call.client_id = basic?.id.slice(0, 200);
  call.merchant_id = client?.merchant;
  call.account = client?.merchant;
  if (exchange.method !== 'POST') {
    return wrong(405, 'invalid_request', 'wrong_method', 'The token route takes POST only.');
  }
  if (query.has('client_secret') || query.has('client_id')) {
    return invalid('credential_in_query', 'Credentials do not belong in the query.');
  }
  if (body === undefined || body !== '') {
    return invalid('body_not_empty', 'The token request has no body.');
  }
  if (query.repeated.length > 0) {
    return invalid('duplicate_parameter', `Sent more than once: ${query.repeated.join(', ')}.`);
  }
  if (query.get('grant_type') === undefined) {
    return invalid('missing_field', 'grant_type is missing from the query.');
  }
  if (query.get('grant_type') !== 'client_credentials') {
    const detail = 'grant_type must be client_credentials.';
    return wrong(400, 'unsupported_grant_type', 'unsupported_grant_type', detail);
  }
  if (header !== undefined && !basic) {
    return wrong(401, 'invalid_client', 'malformed_basic', 'Authorization is not HTTP Basic.');
  }
  if (!basic) {
    return wrong(401, 'invalid_client', 'no_client_credentials', 'No client credentials.');
  }
  if (!client || !sameSecret(client.clientSecret, basic.secret)) {
    return { status: 401, error: 'invalid_client', detail: 'Unknown client, or wrong secret.' };
  }
  return client;
}

const wrong = (status: number, error: string, rule: string, detail: string): Refusal => ({
  status,
  error,
  detail,
  rule,
});

const invalid = (rule: string, detail: string): Refusal =>
  wrong(400, 'invalid_request', rule, detail);
