import { Inject, Injectable } from '@nestjs/common';
import { readScopes, writeScopes } from '../connection/connection.row.js';
import { Database } from '../foundation/database/database.js';
import { fitsColumn } from '../provider/read-json.js';
import { FlockError } from '../foundation/errors/flock.error.js';
import type { TokenRequest, TokenResponse } from '../foundation/http/token-transport.js';
import type {
  AnsweredAccount,
  CodeGrant,
  InstallRequest,
  InstalledAccount,
} from '../provider/install-definition.js';
import type { ProviderPlace } from '../provider/provider-place.js';
import type { RegisteredApp } from '../provider/registered-app.js';
import type { TokenAnswer, TokenOutcome } from '../provider/token-answer.js';
import { buildTokenRequest } from '../provider/token-request.js';
import { TokenSender } from '../token/endpoint/token-sender.js';
import { nextDueAt, readTokenResult } from '../token/renewal/token-result.js';
import type { TokenSet } from '../connection/token-set.js';
import { installOf } from './install-app.js';
import { RENEWAL_POLICY } from '../token/endpoint/renewal-policy.js';
import type { RenewalPolicy } from '../token/endpoint/renewal-policy.js';

export interface ExchangedCode {
  readonly account: InstalledAccount;
  readonly tokens: TokenSet;
  readonly scopes: string;
  /** Database time. */
  readonly expiresAt: number;
  readonly exchangedAt: number;
  readonly dueAt: number | null;
  /** The provider's own time of the grant, where it says it. */
  readonly providerTime?: number;
}

/** A code and the attempt it answers. */
export interface ReceivedCode {
  readonly code: string;
  readonly request: InstallRequest;
  /** RFC 7636. */
  readonly verifier?: string;
}

/** Exchanges an authorization code (RFC 6749 4.1.3): once for each grant, at once, never retried. */
@Injectable()
export class CodeExchange {
  constructor(
    private readonly database: Database,
    @Inject(RENEWAL_POLICY) private readonly policy: RenewalPolicy,
    private readonly sender: TokenSender,
  ) {}

  /** What a code buys; of every provider but a few, one token set. */
  grants(app: RegisteredApp, { code, request }: ReceivedCode): readonly CodeGrant[] {
    const { install, redirectUri } = installOf(app);
    return (
      install.grants?.(request, { options: app.options, code }) ?? [
        {
          name: 'code',
          parameters: { grant_type: 'authorization_code', code, redirect_uri: redirectUri },
        },
      ]
    );
  }

  /** @throws FlockError `install_failed`, `app_credentials_rejected`, `provider_rate_limited` */
  async exchange(
    app: RegisteredApp,
    received: ReceivedCode,
    grant: CodeGrant,
  ): Promise<ExchangedCode> {
    const { definition } = app;
    const { install } = installOf(app);
    const { request } = received;
    const place = placeOf(request);
    await this.sender.book(app, place, { inPerson: true });
    const sentAt = await this.databaseTime();
    const tokenRequest = await this.tokenRequest(app, received, grant);
    const { outcome, response } = await this.sender.send(app, place, tokenRequest);
    const answer = grantedOrThrow(outcome, app);
    void this.sender.resume(app, place);
    const providerTime = timeOf(response);
    const account = install.account(answer, { request, grant: grant.name, options: app.options });
    if (account === undefined || !isStorable(account)) {
      throw new FlockError(
        'install_failed',
        `${definition.title} did not say which account was connected, or named another than was asked for. Nothing was connected.`,
      );
    }
    const result = readTokenResult(
      answer,
      { scopes: requestedScopes(request) },
      definition.profile,
      sentAt,
    );
    const tokens = tokensOf(result.tokens, grant, received.code);
    const dueAt = nextDueAt(
      { ...result, tokens },
      { used_version: -1, token_version: 0 },
      {
        profile: definition.profile,
        needsPerson: app.needsPerson,
        policy: this.policy,
        now: sentAt,
      },
    );
    return {
      account: { ...account, environment: account.environment ?? request.environment },
      tokens,
      scopes: result.scopes,
      expiresAt: result.expiresAt,
      exchangedAt: sentAt,
      dueAt,
      ...(providerTime !== undefined && { providerTime }),
    };
  }

  private async tokenRequest(
    app: RegisteredApp,
    { request, verifier }: ReceivedCode,
    grant: CodeGrant,
  ): Promise<TokenRequest> {
    const place = placeOf(request);
    const client = await app.credential(place);
    return buildTokenRequest(
      grant.url ?? app.endpoints(place).token,
      { ...grant.parameters, ...(verifier !== undefined && { code_verifier: verifier }) },
      client,
      { ...app.dialect, ...grant.dialect },
    );
  }

  private async databaseTime(): Promise<number> {
    const [row] = await this.database.read('SELECT {now} AS db_now');
    return Number(row?.db_now);
  }
}

const placeOf = ({ environment, account }: InstallRequest): ProviderPlace => ({
  environment,
  ...(account !== undefined && { account }),
});

/** RFC 9110 6.6.1, to the second. */
function timeOf(response: TokenResponse): number | undefined {
  const time = response.kind === 'answered' ? Date.parse(response.date ?? '') : NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** Ids come from outside: a text of a length that the store keeps, or it is no id. */
function isStorable({ account, merchant, install, supersedeKey }: AnsweredAccount): boolean {
  return (
    fitsColumn(account, 190) &&
    (merchant === undefined || fitsColumn(merchant, 190)) &&
    (install === undefined || fitsColumn(install, 190)) &&
    (supersedeKey === undefined || fitsColumn(supersedeKey, 400))
  );
}

/** An answer without `scope` grants what was asked for (RFC 6749 5.1). */
const requestedScopes = ({ parameters }: InstallRequest): string =>
  writeScopes(readScopes((parameters.scope ?? '').replace(/,/g, ' ')));

function tokensOf(tokens: TokenSet, grant: CodeGrant, code: string): TokenSet {
  const { refreshToken, ...rest } = tokens;
  const renewable = grant.renewable !== false && refreshToken !== undefined;
  return {
    ...rest,
    ...(renewable ? { refreshToken } : { ends: true }),
    ...(grant.keepCode === true && { code }),
  };
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
