import type { WorkOptions } from '../faults/request-step.js';
import { fingerprint } from '../inspection/fingerprint.js';
import type { TokenCall } from '../inspection/token-call.js';
import { answerTokenCall } from '../oauth/token-call-flow.js';
import { jsonAnswer, type Answer } from '../server/answer.js';
import { now, type Exchange } from '../server/exchange.js';
import { exchangeCode } from './exchange-code.js';
import { type FyndVerdict } from './token-verdict.js';
import type { FyndRefreshToken } from './fynd-tokens.js';
import type { FyndWorld } from './fynd-world.js';
import { renewOffline } from './renew-offline.js';
import { authenticate, readInput, textOf, type TokenInput } from './token-input.js';

/** `POST …/oauth/token` and `POST …/oauth/offline-token`. */
export async function tokenRoute(
  world: FyndWorld,
  exchange: Exchange,
  companyId: string,
  route: 'token' | 'offline-token',
): Promise<void> {
  const call = world.records.beginTokenCall(exchange.startedAt);
  const path = `/service/panel/authentication/v1.0/company/${companyId}/oauth/${route}`;
  call.path = path;
  call.account = companyId;
  const body = await exchange.body();
  if (body === undefined) {
    if (!exchange.gone) exchange.send(jsonAnswer(413, { message: 'The body is too large.' }));
    call.endedAt = now();
    call.outcome = exchange.gone ? 'dropped' : 'refused';
    return;
  }
  const input = readInput(world, exchange, body);
  const client = authenticate(world, exchange);
  call.client_id = 'extension' in client ? client.extension.client_id : client.clientId;
  const renewing = typeof input !== 'string' && isRenewal(input);
  if (typeof input !== 'string') describe(world, call, input, renewing);

  let spent: FyndRefreshToken | undefined;
  const work = (options?: WorkOptions): Answer => {
    if (typeof input === 'string') return refuse(400, 'invalid_request', input);
    if ('refusal' in client) return refuse(401, 'invalid_client', client.refusal);
    const request = { world, input, extension: client.extension, companyId, route };
    const verdict: FyndVerdict = renewing
      ? renewOffline(request, options?.keepRefreshToken)
      : exchangeCode(request);
    if (verdict.violation) {
      world.records.violate(verdict.violation, `Call ${call.id}: ${verdict.description ?? ''}`);
    }
    if (verdict.reuse) {
      call.reuse = true;
      world.records.auditor.reused(verdict.violation !== undefined);
    }
    if (!verdict.answer) return refuse(400, verdict.error ?? 'invalid_grant', verdict.description);
    call.committed = true;
    spent = verdict.spent;
    if (renewing) world.records.auditor.replaced();
    return jsonAnswer(200, verdict.answer, { 'cache-control': 'no-store' });
  };
  const refuse = (status: number, error: string, description = 'Refused.'): Answer => {
    call.error = error;
    return refusal(world, status, error, description);
  };
  await answerTokenCall(
    exchange,
    world.faults,
    call,
    {
      provider: 'fynd',
      path,
      account: companyId,
      client_id: call.client_id,
      ...(renewing && { operation: 'token.refresh' }),
    },
    {
      work,
      error: (status, error, description) => refusal(world, status, error, description),
      rateLimit: (headers) => jsonAnswer(429, { message: 'Too many requests.' }, headers),
    },
    (whole) => {
      if (spent && whole) spent.replacementDelivered = true;
      if (renewing && call.token_fingerprint !== undefined) {
        world.records.auditor.ended(call, call.token_fingerprint);
      }
    },
  );
}

/** The guide renews with the grant type of an exchange; the refresh token tells them apart. */
const isRenewal = (input: TokenInput): boolean => textOf(input, 'refresh_token') !== undefined;

function describe(world: FyndWorld, call: TokenCall, input: TokenInput, renewing: boolean): void {
  call.grant_type = textOf(input, 'grant_type')?.slice(0, 100);
  const code = textOf(input, 'code');
  const presented = renewing ? textOf(input, 'refresh_token') : code;
  const secret = textOf(input, 'client_secret');
  for (const value of [code, presented, secret]) {
    if (value !== undefined) world.records.secrets.note(value);
  }
  if (code !== undefined) call.code_fingerprint = fingerprint(code);
  if (presented === undefined) return;
  call.token_fingerprint = fingerprint(presented);
  if (renewing && world.records.auditor.spent(call, call.token_fingerprint)) {
    world.records.violate(
      'overlapping_refresh',
      `Call ${call.id} presents refresh token ${call.token_fingerprint} while another call with it is in flight.`,
    );
  }
}

/** How refusals look is not documented: clients read `message`, OAuth ones `error`. */
function refusal(world: FyndWorld, status: number, error: string, message = 'Refused.'): Answer {
  return jsonAnswer(status, {
    ...(world.settings.errorStyle === 'oauth' && { error }),
    message,
  });
}
