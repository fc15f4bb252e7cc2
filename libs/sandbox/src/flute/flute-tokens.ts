import type { SecretRegister } from '../inspection/secret-register.js';
import { randomText } from '../oauth/random-text.js';
import type { FluteEnvironment } from './flute-environment.js';
import type { FluteKey } from './flute-key.js';
import type { FluteSettings } from './flute-settings.js';
import type { FluteAccessToken, FluteRefreshToken, FluteTokenAnswer } from './flute-token.js';

/** What a refresh came to. */
export type RefreshVerdict =
  | { readonly answer: FluteTokenAnswer; readonly spent?: FluteRefreshToken }
  | {
      readonly description: string;
      /** Set when a correct client would not have done it. */
      readonly violation?: string;
      /** A replaced token was presented. */
      readonly reuse?: boolean;
    };

/** Issues tokens and knows what became of them. */
export class FluteTokens {
  private readonly accessTokens = new Map<string, FluteAccessToken>();
  private readonly refreshTokens = new Map<string, FluteRefreshToken>();

  constructor(
    private readonly settings: FluteSettings,
    private readonly secrets: SecretRegister,
    private readonly prefix: string,
  ) {}

  /** For client credentials. */
  issue(key: FluteKey, environment: FluteEnvironment): FluteTokenAnswer {
    const refresh = this.settings.refreshTokens
      ? this.newRefreshToken(key, environment)
      : undefined;
    return this.answer(key, environment, refresh);
  }

  /** `keep`: the refresh token is not replaced, because the answer will not carry it. */
  refresh(
    key: FluteKey,
    environment: FluteEnvironment,
    value: string,
    keep = false,
  ): RefreshVerdict {
    const token = this.refreshTokens.get(value);
    if (!token) {
      return { description: 'The refresh token is unknown.', violation: 'unknown_refresh_token' };
    }
    if (token.environment !== environment) {
      const description = `A refresh token of ${token.environment} was sent to ${environment}.`;
      return { description, violation: 'wrong_environment' };
    }
    if (token.key !== key) {
      return {
        description: 'The refresh token is of another client.',
        violation: 'refresh_token_of_another_client',
      };
    }
    if (token.replaced) {
      return {
        description: 'The refresh token has been replaced.',
        reuse: true,
        ...(token.replacementDelivered && { violation: 'rotated_refresh_token_reused' }),
      };
    }
    if (token.expiresAt <= Date.now()) return { description: 'The refresh token has expired.' };
    if (keep || !this.settings.rotation) return { answer: this.answer(key, environment, value) };
    token.replaced = true;
    const next = this.newRefreshToken(key, environment);
    return { answer: this.answer(key, environment, next), spent: token };
  }

  findAccess(value: string): FluteAccessToken | undefined {
    return this.accessTokens.get(value);
  }

  findRefresh(value: string): FluteRefreshToken | undefined {
    return this.refreshTokens.get(value);
  }

  expireAccess(environment?: FluteEnvironment): void {
    expire(this.accessTokens, environment);
  }

  expireRefresh(environment?: FluteEnvironment): void {
    expire(this.refreshTokens, environment);
  }

  private answer(
    key: FluteKey,
    environment: FluteEnvironment,
    refreshToken: string | undefined,
  ): FluteTokenAnswer {
    const { accessTokenSeconds } = this.settings;
    const access_token = this.newSecret('fat_');
    const expiresAt = Date.now() + accessTokenSeconds * 1000;
    this.accessTokens.set(access_token, { key, environment, expiresAt });
    return {
      access_token,
      token_type: 'Bearer',
      expires_in: accessTokenSeconds,
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    };
  }

  private newRefreshToken(key: FluteKey, environment: FluteEnvironment): string {
    const value = this.newSecret('frt_');
    this.refreshTokens.set(value, {
      key,
      environment,
      expiresAt: Date.now() + this.settings.refreshTokenSeconds * 1000,
      replaced: false,
      replacementDelivered: false,
    });
    return value;
  }

  private newSecret(kind: string): string {
    return this.secrets.note(kind + this.prefix + randomText());
  }
}

function expire(
  tokens: ReadonlyMap<string, { readonly environment: FluteEnvironment; expiresAt: number }>,
  environment: FluteEnvironment | undefined,
): void {
  for (const token of tokens.values()) {
    if (environment === undefined || token.environment === environment) token.expiresAt = 0;
  }
}
