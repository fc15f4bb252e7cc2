import type { WorkOptions } from '../faults/request-step.js';
import { fingerprint } from '../inspection/fingerprint.js';
import type { TokenCall } from '../inspection/token-call.js';
import { Parameters } from '../oauth/parameters.js';
import { answerTokenCall } from '../oauth/token-call-flow.js';
import { jsonAnswer, type Answer } from '../server/answer.js';
import { now, type Exchange } from '../server/exchange.js';
import { authenticateClient } from './client-authentication.js';
import type { FluteEnvironment } from './flute-environment.js';
import type { FluteKey } from './flute-key.js';
import type { FluteRefreshToken, FluteTokenAnswer } from './flute-token.js';
import type { FluteWorld } from './flute-world.js';
import { envelopeAnswer, tokenErrorAnswer } from './problem.js';
import { readTokenRequest } from './token-request.js';

/** `POST /oauth2/token` of one environment's OAuth host. */
export async function tokenRoute(
  world: FluteWorld,
  environment: FluteEnvironment,
  exchange: Exchange,
): Promise<void> {
  const call = world.records.beginTokenCall(exchange.startedAt);
  call.account = environment;
  const body = await exchange.body();
  if (body === undefined) {
    const description = 'The body is larger than a token request can be.';
    if (!exchange.gone) exchange.send(tokenErrorAnswer(413, 'invalid_request', description));
    call.endedAt = now();
    call.outcome = exchange.gone ? 'dropped' : 'refused';
    return;
  }
  await new TokenRequest(world, environment, exchange, call, new Parameters(body)).serve();
}

/** One request of the token route, from its form to the end of the answer. */
class TokenRequest {
  /** The refresh token presented. */
  private readonly presented: string | undefined;
  private refused?: Answer;
  private key?: FluteKey;
  private spent?: FluteRefreshToken;

  constructor(
    private readonly world: FluteWorld,
    private readonly environment: FluteEnvironment,
    private readonly exchange: Exchange,
    private readonly call: TokenCall,
    private readonly form: Parameters,
  ) {
    this.presented =
      form.get('grant_type') === 'refresh_token' ? form.get('refresh_token') : undefined;
  }

  async serve(): Promise<void> {
    const { world, environment, exchange, call, form } = this;
    this.describe();
    const client = authenticateClient(world, environment, exchange, form);
    if ('key' in client) {
      this.key = client.key;
      call.client_id = client.key.client_id;
    } else {
      if (client.violation) world.records.violate(client.violation, client.description);
      if (client.clientId !== undefined) call.client_id = client.clientId.slice(0, 100);
      this.refused = this.refusal(client.status, client.error, client.description);
    }
    const misread = readTokenRequest(world, exchange, form);
    if (misread) this.refused = this.refusal(400, misread.error, misread.description);

    await answerTokenCall(
      exchange,
      world.faults,
      call,
      {
        provider: 'flute',
        path: `/${environment}/oauth2/token`,
        account: environment,
        ...(call.client_id !== undefined && { client_id: call.client_id }),
      },
      {
        work: (options) => this.work(options),
        error: tokenErrorAnswer,
        rateLimit: (headers) =>
          envelopeAnswer(world.settings, 429, 'Too many requests sent in a short period.', {
            headers,
          }),
      },
      (whole) => this.end(whole),
    );
  }

  /** Fills the record with what can be said before anything is decided. */
  private describe(): void {
    const { call, form, presented, world } = this;
    const grantType = form.get('grant_type');
    if (grantType !== undefined) call.grant_type = grantType.slice(0, 100);
    if (presented === undefined) return;
    world.records.secrets.note(presented);
    call.token_fingerprint = fingerprint(presented);
    if (world.records.auditor.spent(call, call.token_fingerprint)) {
      world.records.violate(
        'overlapping_refresh',
        `Call ${call.id} presents refresh token ${call.token_fingerprint} while another call with it is in flight.`,
      );
    }
  }

  private work(options?: WorkOptions): Answer {
    const { world, environment, key, presented, call } = this;
    if (this.refused || !key) {
      return this.refused ?? this.refusal(400, 'invalid_request', 'Nothing to do.');
    }
    if (presented === undefined) return this.granted(world.tokens.issue(key, environment));
    const verdict = world.tokens.refresh(key, environment, presented, options?.keepRefreshToken);
    if ('answer' in verdict) {
      this.spent = verdict.spent;
      world.records.auditor.replaced();
      return this.granted(verdict.answer);
    }
    const { description, violation, reuse } = verdict;
    if (violation !== undefined)
      world.records.violate(violation, `Call ${call.id}: ${description}`);
    if (reuse) {
      call.reuse = true;
      world.records.auditor.reused(violation !== undefined);
    }
    return this.refusal(400, 'invalid_grant', description);
  }

  private granted(answer: FluteTokenAnswer): Answer {
    this.call.committed = true;
    return jsonAnswer(200, answer, { 'cache-control': 'no-store', pragma: 'no-cache' });
  }

  private refusal(status: number, error: string, description: string): Answer {
    this.call.error = error;
    return tokenErrorAnswer(status, error, description);
  }

  private end(whole: boolean): void {
    const { call } = this;
    if (this.spent && whole) this.spent.replacementDelivered = true;
    if (call.token_fingerprint !== undefined) {
      this.world.records.auditor.ended(call, call.token_fingerprint);
    }
  }
}
