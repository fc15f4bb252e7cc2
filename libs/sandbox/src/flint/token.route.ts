import type { WorkOptions } from '../faults/request-step.js';
import { fingerprint } from '../inspection/fingerprint.js';
import type { TokenCall } from '../inspection/token-call.js';
import { jsonAnswer, type Answer } from '../server/answer.js';
import { now, type Exchange } from '../server/exchange.js';
import { authenticateClient } from './client-authentication.js';
import { oauthErrorAnswer, rateLimitAnswer } from './envelope.js';
import type { FlintApp } from './flint-app.js';
import type { RefreshState } from './flint-token.js';
import type { FlintWorld } from './flint-world.js';
import { Parameters } from '../oauth/parameters.js';
import { answerTokenCall } from '../oauth/token-call-flow.js';
import { readTokenRequest } from './token-request.js';

/** `POST /v1/oauth/token`. */
export async function tokenRoute(world: FlintWorld, exchange: Exchange): Promise<void> {
  const call = world.records.beginTokenCall(exchange.startedAt);
  exchange.clockOffsetSeconds = world.settings.clockOffsetSeconds;
  const body = await exchange.body();
  if (body === undefined) {
    const description = 'The body is larger than a token request can be.';
    if (!exchange.gone) exchange.send(oauthErrorAnswer(413, 'invalid_request', description));
    call.endedAt = now();
    call.outcome = exchange.gone ? 'dropped' : 'refused';
    return;
  }
  await new TokenRequest(world, exchange, call, new Parameters(body)).serve();
}

/** One request of the token route, from its form to the end of the answer. */
class TokenRequest {
  private readonly grantType: string | undefined;
  /** The refresh token or code presented. */
  private readonly presented: string | undefined;
  private refused?: Answer;
  private app?: FlintApp;
  private spent?: RefreshState;

  constructor(
    private readonly world: FlintWorld,
    private readonly exchange: Exchange,
    private readonly call: TokenCall,
    private readonly form: Parameters,
  ) {
    this.grantType = form.get('grant_type');
    const field = this.grantType === 'refresh_token' ? 'refresh_token' : 'code';
    this.presented = form.get(field);
  }

  async serve(): Promise<void> {
    this.describe();
    const client = authenticateClient(this.world, this.exchange, this.form);
    if ('app' in client) {
      this.app = client.app;
      this.call.client_id = client.app.client_id;
    } else {
      if (client.violation) this.world.records.violate(client.violation, client.description);
      this.call.client_id = client.clientId;
      this.refused = this.refusal(client.status, client.error, client.description);
    }
    const misread = readTokenRequest(this.world, this.exchange, this.form);
    if (misread) this.refused = this.refusal(400, misread.error, misread.description);

    await answerTokenCall(
      this.exchange,
      this.world.faults,
      this.call,
      {
        provider: 'flint',
        path: '/v1/oauth/token',
        client_id: this.call.client_id,
        merchant_id: this.call.merchant_id,
        environment_grant_id: this.call.environment_grant_id,
      },
      {
        work: (options) => this.work(options),
        error: (status, error, description) => oauthErrorAnswer(status, error, description),
        rateLimit: (headers) => rateLimitAnswer(this.exchange.requestId, headers),
      },
      (whole) => this.end(whole),
    );
  }

  /** Fills the record with what can be said before anything is decided. */
  private describe(): void {
    const { call, presented, world } = this;
    call.grant_type = this.grantType?.slice(0, 100);
    if (presented === undefined) return;
    world.records.secrets.note(presented);
    call.token_fingerprint = fingerprint(presented);
    const grant = world.tokens.grantOf(presented);
    call.environment_grant_id = grant?.view.environment_grant_id;
    call.merchant_id = grant?.merchant.merchant_id;
    if (this.grantType !== 'refresh_token') return;
    if (world.records.auditor.spent(call, call.token_fingerprint)) {
      world.records.violate(
        'overlapping_refresh',
        `Call ${call.id} presents refresh token ${call.token_fingerprint} while another call with it is in flight.`,
      );
    }
  }

  private work(options?: WorkOptions): Answer {
    if (this.refused || !this.app || this.presented === undefined) {
      return this.refused ?? this.refusal(400, 'invalid_request', 'Nothing to exchange.');
    }
    const { tokens, records } = this.world;
    const refreshing = this.grantType === 'refresh_token';
    const verdict = refreshing
      ? tokens.refresh(this.app, this.presented, options?.keepRefreshToken)
      : tokens.exchange(this.app, this.presented, this.form.get('redirect_uri') ?? '');
    if (verdict.issued) {
      this.call.committed = true;
      this.spent = verdict.spent;
      if (refreshing) records.auditor.replaced();
      return jsonAnswer(200, verdict.answer, { 'cache-control': 'no-store', pragma: 'no-cache' });
    }
    if (verdict.violation) {
      records.violate(verdict.violation, `Call ${this.call.id}: ${verdict.description}`);
    }
    if (verdict.reuse) {
      this.call.reuse = true;
      records.auditor.reused(verdict.violation !== undefined);
    }
    return this.refusal(400, 'invalid_grant', verdict.description);
  }

  private refusal(status: number, error: string, description: string): Answer {
    this.call.error = error;
    return oauthErrorAnswer(status, error, description);
  }

  private end(whole: boolean): void {
    const { call } = this;
    if (this.spent && whole) this.spent.replacementDelivered = true;
    if (this.grantType === 'refresh_token' && call.token_fingerprint !== undefined) {
      this.world.records.auditor.ended(call, call.token_fingerprint);
    }
  }
}
