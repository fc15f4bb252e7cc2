import type { SecretRegister } from '../inspection/secret-register.js';
import type { FlintApp } from './flint-app.js';
import type { GrantState } from './flint-install.js';
import type { FlintInstalls } from './flint-installs.js';
import type { FlintSettings } from './flint-settings.js';
import type { AccessState, CodeState, RefreshState } from './flint-token.js';
import type { FlintTokenAnswer } from './flint-token-answer.js';
import { randomText } from '../oauth/random-text.js';
import type { TokenVerdict } from './token-verdict.js';

/** Codes, access tokens and refresh tokens: who gets one, and which are still good. */
export class FlintTokens {
  private readonly codes = new Map<string, CodeState>();
  private readonly accessTokens = new Map<string, AccessState>();
  private readonly refreshTokens = new Map<string, RefreshState>();
  private serial = 0;
  private expiredThrough = 0;

  constructor(
    private readonly settings: FlintSettings,
    private readonly installs: FlintInstalls,
    private readonly secrets: SecretRegister,
    private readonly prefix: string,
  ) {}

  /** A code for what a merchant just approved. */
  issueCode(code: Omit<CodeState, 'issuedAt' | 'used'>): string {
    const value = this.newSecret('fpac_');
    this.codes.set(value, { ...code, issuedAt: Date.now(), used: false });
    return value;
  }

  /** The grant a code or token belongs to, whatever its state. */
  grantOf(secret: string): GrantState | undefined {
    const { refreshTokens, accessTokens, codes } = this;
    return (refreshTokens.get(secret) ?? accessTokens.get(secret) ?? codes.get(secret))?.grant;
  }

  exchange(app: FlintApp, value: string, redirectUri: string): TokenVerdict {
    const code = this.codes.get(value);
    const refuse = (description: string, violation?: string): TokenVerdict => ({
      issued: false,
      description,
      violation,
      grant: code?.grant,
    });
    if (!code) return refuse('The code is unknown.', 'unknown_code');
    if (code.app !== app) return refuse('The code is of another client.', 'code_of_another_client');
    if (code.used) {
      if (code.family === code.grant.family) code.grant.family += 1;
      return refuse('The code has been used; its tokens are revoked.', 'code_reused');
    }
    if (code.redirectUri !== redirectUri) {
      return refuse(
        'redirect_uri is not the one of the authorize request.',
        'redirect_uri_mismatch',
      );
    }
    if (Date.now() > code.issuedAt + this.settings.codeSeconds * 1000) {
      return refuse('The code has expired.');
    }
    code.used = true;
    if (!this.installs.activate(code.grant, code.scopes)) {
      return refuse('The grant has been revoked.');
    }
    code.family = code.grant.family;
    return { issued: true, grant: code.grant, answer: this.issue(code.grant) };
  }

  /** `keep`: for this once do not replace the refresh token. */
  refresh(app: FlintApp, value: string, keep = false): TokenVerdict {
    const token = this.refreshTokens.get(value);
    const grant = token?.grant;
    const refuse = (description: string, violation?: string, reuse?: boolean): TokenVerdict => ({
      issued: false,
      description,
      violation,
      reuse,
      grant,
    });
    if (!token || !grant) return refuse('The refresh token is unknown.', 'unknown_refresh_token');
    if (grant.app !== app) {
      return refuse('The refresh token is of another client.', 'refresh_token_of_another_client');
    }
    if (grant.view.status === 'revoked') return refuse('The grant has been revoked.');
    if (token.family !== grant.family) return refuse('The refresh token has been revoked.');
    if (token.rotatedAt !== undefined && !this.inGrace(token)) {
      if (this.settings.reuseDetection) grant.family += 1;
      // When the client never got the replacement, trying the old one again is its only way.
      const violation = token.replacementDelivered ? 'rotated_refresh_token_reused' : undefined;
      return refuse('The refresh token has been replaced.', violation, true);
    }
    this.markUsed(token);
    if (!this.settings.rotation || keep) {
      return { issued: true, grant, answer: this.issue(grant, token, value) };
    }
    token.rotatedAt ??= Date.now();
    return { issued: true, grant, answer: this.issue(grant, token), spent: token };
  }

  /** What a bearer token stands for, if it is good; counts as its use. */
  access(value: string): AccessState | undefined {
    const token = this.accessTokens.get(value);
    if (!token) return undefined;
    const dead =
      token.grant.view.status !== 'active' ||
      token.family !== token.grant.family ||
      token.serial <= Math.max(this.expiredThrough, token.grant.expiredThrough) ||
      token.expiresAt <= Date.now();
    if (dead) return undefined;
    this.markUsed(token);
    return token;
  }

  /** The access tokens of one grant, or all, are answered as expired from now on. */
  expire(grant?: GrantState): void {
    if (grant) grant.expiredThrough = this.serial;
    else this.expiredThrough = this.serial;
  }

  /** A new pair for an active grant. `kept`: the refresh token that stays. */
  issue(grant: GrantState, replaces?: RefreshState, kept?: string): FlintTokenAnswer {
    const { accessTokenSeconds, scopesOverride } = this.settings;
    const scopes = scopesOverride?.split(' ').filter(Boolean) ?? grant.view.granted_scopes;
    const access_token = this.newSecret('eyJ');
    const { family } = grant;
    this.serial += 1;
    this.accessTokens.set(access_token, {
      grant,
      family,
      serial: this.serial,
      scopes,
      expiresAt: Date.now() + accessTokenSeconds * 1000,
      replaces: kept === undefined ? replaces : undefined,
    });
    return {
      access_token,
      token_type: 'bearer',
      expires_in: accessTokenSeconds,
      refresh_token: kept ?? this.newRefreshToken(grant, replaces),
      scope: scopes.join(' '),
      merchant_id: grant.merchant.merchant_id,
      partner_app_id: grant.app.partner_app_id,
      partner_app_install_id: grant.install.partner_app_install_id,
      environment_grant_id: grant.view.environment_grant_id,
      mode: grant.view.mode,
    };
  }

  private newRefreshToken(grant: GrantState, replaces?: RefreshState): string {
    const value = this.newSecret('fprt_');
    this.refreshTokens.set(value, {
      grant,
      family: grant.family,
      replaces,
      replacementUsed: false,
      replacementDelivered: false,
    });
    return value;
  }

  private inGrace(token: RefreshState): boolean {
    const { grace } = this.settings;
    switch (grace.kind) {
      case 'none':
        return false;
      case 'seconds':
        return Date.now() < (token.rotatedAt ?? 0) + grace.seconds * 1000;
      case 'until_used':
        return !token.replacementUsed;
    }
  }

  private markUsed(token: { replaces?: RefreshState }): void {
    if (token.replaces) token.replaces.replacementUsed = true;
    token.replaces = undefined;
  }

  private newSecret(kind: string): string {
    return this.secrets.note(kind + this.prefix + randomText());
  }
}
