import { Inject, Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { FlockError } from '../errors/flock.error.js';
import { TokenTransport } from '../http/token-transport.js';
import type { InstallRequest, InstalledAccount } from '../providers/provider-definition.js';
import { readTokenAnswer } from '../providers/read-token-answer.js';
import type { RegisteredApp } from '../providers/registered-app.js';
import type { TokenAnswer, TokenOutcome } from '../providers/token-answer.js';
import { buildTokenRequest } from '../providers/token-request.js';
import { RefreshPolicyHolder } from '../refresh/refresh-policy.holder.js';
import { nextDueAt, readTokenResult } from '../refresh/token-result.js';
import type { TokenSet } from '../tokens/token-set.js';

export interface ExchangedCode {
  readonly account: InstalledAccount;
  readonly tokens: TokenSet;
  readonly scopes: string;
  /** Database time. */
  readonly expiresAt: number;
  readonly dueAt: number | null;
}

/** Exchanges an authorization code (RFC 6749 4.1.3): once, at once, never retried. */
@Injectable()
export class CodeExchange {
  constructor(
    private readonly database: Database,
    private readonly holder: RefreshPolicyHolder,
    @Inject(TokenTransport) private readonly transport: TokenTransport,
  ) {}

  /** @throws FlockError `install_failed`, `app_credentials_rejected`, `provider_rate_limited` */
  async exchange(
    app: RegisteredApp,
    code: string,
    request: InstallRequest,
  ): Promise<ExchangedCode> {
    const client = await app.credential(request.environment);
    const { definition, options } = app;
    const parameters = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: app.redirectUri as string,
      ...definition.install?.exchange?.(options),
    };
    const { token } = app.endpoints(request.environment);
    const sentAt = await this.databaseTime();
    const response = await this.transport.send(
      buildTokenRequest(token, parameters, client, app.dialect),
      this.holder.policy.httpTimeoutMs,
    );
    const answer = grantedOrThrow(readTokenAnswer(response), app);
    const account = definition.install?.account(answer, request);
    if (account === undefined) {
      throw new FlockError(
        'install_failed',
        `${definition.title} did not say which account was connected, or named another than was asked for. Nothing was connected.`,
      );
    }
    const result = readTokenResult(answer, { scopes: '' }, definition.profile, sentAt);
    const dueAt = nextDueAt(
      result,
      { used_version: -1, token_version: 0 },
      {
        profile: definition.profile,
        needsPerson: app.needsPerson,
        policy: this.holder.policy,
        now: sentAt,
      },
    );
    return {
      account,
      tokens: result.tokens,
      scopes: result.scopes,
      expiresAt: result.expiresAt,
      dueAt,
    };
  }

  private async databaseTime(): Promise<number> {
    const [row] = await this.database.read('SELECT {now} AS db_now');
    return Number(row?.db_now);
  }
}

function grantedOrThrow(outcome: TokenOutcome, app: RegisteredApp): TokenAnswer {
  const { title } = app.definition;
  switch (outcome.kind) {
    case 'granted':
      return outcome.answer;
    case 'credential_rejected':
      throw new FlockError('app_credentials_rejected', `${title} rejects the client credential.`);
    case 'throttled':
      throw new FlockError('provider_rate_limited', `${title} asks to slow down.`, {
        retryAfterSeconds: outcome.retryAfterSeconds ?? 1,
      });
    case 'dead':
    case 'refused':
      throw new FlockError(
        'install_failed',
        `${title} did not accept the authorization code. Nothing was connected.`,
      );
    case 'not_sent':
    case 'unknown':
      throw new FlockError(
        'install_failed',
        `${title} gave no usable answer. Nothing was connected; starting again is safe.`,
      );
  }
}
