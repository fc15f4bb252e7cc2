import { Parameters } from '../oauth/parameters.js';
import { answerTokenCall } from '../oauth/token-call-flow.js';
import { jsonAnswer, type Answer } from '../server/answer.js';
import { now, type Exchange } from '../server/exchange.js';
import { refusalOfCredential } from './customer-authentication.js';
import type { FlinksPayCustomer } from './flinks-pay-customer.js';
import type { FlinksPayWorld } from './flinks-pay-world.js';
import { problemAnswer } from './problem.js';

const PATH = '/api/v1/authorize';
/** Names that the Authorize page writes like this and no other way. */
const FIELDS = ['grant_type', 'Username', 'Password'];

/** `POST /api/v1/authorize`. */
export async function authorizeRoute(
  world: FlinksPayWorld,
  customer: FlinksPayCustomer,
  exchange: Exchange,
): Promise<void> {
  const { records } = world;
  const call = records.beginTokenCall(exchange.startedAt);
  call.account = customer.name;
  const body = await exchange.body();
  if (body === undefined) {
    if (!exchange.gone) exchange.send(problemAnswer(413, 'The body is too large.'));
    call.endedAt = now();
    call.outcome = exchange.gone ? 'dropped' : 'refused';
    return;
  }
  const form = new Parameters(body);
  call.grant_type = form.get('grant_type')?.slice(0, 100);
  call.client_id = customer.username;

  let refused: Answer | undefined;
  const refuse = (status: number, detail: string, violation?: string) => {
    if (violation !== undefined) records.violate(violation, detail);
    call.error = violation ?? 'wrong_credential';
    refused = problemAnswer(status, detail);
  };
  const misread = misreadForm(exchange, form, body);
  const credential = refusalOfCredential(world, customer, exchange, form);
  if (credential?.username !== undefined) call.client_id = credential.username.slice(0, 100);
  if (misread) refuse(misread.status, misread.detail, misread.violation);
  else if (credential) refuse(credential.status, credential.detail, credential.violation);

  await answerTokenCall(
    exchange,
    world.faults,
    call,
    { provider: 'flinks-pay', path: PATH, account: customer.name },
    {
      work: () => {
        if (refused) return refused;
        call.committed = true;
        return jsonAnswer(200, world.tokens.issue(customer), { 'cache-control': 'no-store' });
      },
      error: (status, title, detail = 'Refused on demand.') =>
        problemAnswer(status, detail, { title }),
      rateLimit: (headers) => problemAnswer(429, 'Too many requests.', { headers }),
    },
  );
}

/** The form of the request: content type, names, nothing twice. */
function misreadForm(
  exchange: Exchange,
  form: Parameters,
  body: string,
): { status: number; detail: string; violation: string } | undefined {
  if (!/^application\/x-www-form-urlencoded *(;|$)/i.test(exchange.header('content-type') ?? '')) {
    const detail = 'The body must be application/x-www-form-urlencoded.';
    return { status: 415, detail, violation: 'wrong_content_type' };
  }
  const wrong = (violation: string, detail: string) => ({ status: 400, detail, violation });
  if (exchange.query !== '') return wrong('token_in_query', 'This route takes no query.');
  if (form.repeated.length > 0) {
    return wrong('duplicate_parameter', `Sent more than once: ${form.repeated.join(', ')}.`);
  }
  for (const name of new URLSearchParams(body).keys()) {
    const meant = FIELDS.find((field) => field.toLowerCase() === name.toLowerCase());
    if (meant !== undefined && meant !== name) {
      return wrong('wrong_casing', `The field is written ${meant}.`);
    }
  }
  const grantType = form.get('grant_type');
  if (grantType === undefined) return wrong('missing_field', 'grant_type is missing.');
  if (grantType === 'client_credentials') return undefined;
  return wrong('unsupported_grant_type', 'grant_type must be client_credentials.');
}
