import type { SecretRegister } from '../inspection/secret-register.js';
import { randomText } from '../oauth/random-text.js';
import type { FyndCompany, FyndUser } from './fynd-company.js';
import type { FyndExtension } from './fynd-extension.js';
import type { FyndSettings } from './fynd-settings.js';
import type { FyndOfflineAnswer, FyndOnlineAnswer, FyndTokenAnswer } from './fynd-token-answer.js';

export type FyndAccess = 'online' | 'offline';

/** A code, which may be exchanged once at each of the two routes. */
export interface FyndCode {
  readonly value: string;
  readonly extension: FyndExtension;
  readonly company: FyndCompany;
  readonly user: FyndUser;
  readonly scopes: readonly string[];
  readonly issuedAt: number;
  readonly exchanged: Set<FyndAccess>;
}

/** A company's offline grant; `code` is the one of its exchange, which renewals repeat. */
export interface FyndOfflineGrant {
  readonly extension: FyndExtension;
  readonly company: FyndCompany;
  readonly code: string;
  readonly scopes: readonly string[];
  alive: boolean;
}

export interface FyndAccessToken {
  readonly access: FyndAccess;
  readonly extension: FyndExtension;
  readonly company: FyndCompany;
  readonly user?: FyndUser;
  readonly grant?: FyndOfflineGrant;
  readonly scopes: readonly string[];
  readonly expiresAt: number;
  readonly replaces?: FyndRefreshToken;
  alive: boolean;
}

export interface FyndRefreshToken {
  readonly grant: FyndOfflineGrant;
  rotated: boolean;
  replacementUsed: boolean;
  replacementDelivered: boolean;
}

/** Codes and tokens: who gets one, and which are still good. */
export class FyndTokens {
  private readonly codes = new Map<string, FyndCode>();
  private readonly accessTokens = new Map<string, FyndAccessToken>();
  private readonly refreshTokens = new Map<string, FyndRefreshToken>();

  constructor(
    private readonly settings: FyndSettings,
    private readonly secrets: SecretRegister,
    private readonly prefix: string,
  ) {}

  issueCode(parts: Omit<FyndCode, 'value' | 'issuedAt' | 'exchanged'>): string {
    const value = this.newSecret('oac-');
    this.codes.set(value, { ...parts, value, issuedAt: Date.now(), exchanged: new Set() });
    return value;
  }

  code(value: string): FyndCode | undefined {
    return this.codes.get(value);
  }

  access(value: string): FyndAccessToken | undefined {
    return this.accessTokens.get(value);
  }

  refresh(value: string): FyndRefreshToken | undefined {
    return this.refreshTokens.get(value);
  }

  /** The user's token: never more than the user's own rights. */
  issueOnline({ extension, company, user, scopes }: FyndCode): FyndOnlineAnswer {
    const granted = scopes.filter((scope) => user.scopes.includes(scope));
    const { onlineTokenSeconds: life } = this.settings;
    const { _id, name, email } = user;
    return {
      ...this.answer(life, { access: 'online', extension, company, user, scopes: granted }),
      current_user: { _id, name, email },
    };
  }

  /** The company's token, and the refresh token that goes with it. */
  issueOffline(
    grant: FyndOfflineGrant,
    spent?: FyndRefreshToken,
    kept?: string,
  ): FyndOfflineAnswer {
    const { extension, company, scopes } = grant;
    const { offlineTokenSeconds: life } = this.settings;
    const replaces = kept === undefined ? spent : undefined;
    const answer = this.answer(life, {
      access: 'offline',
      extension,
      company,
      grant,
      scopes,
      ...(replaces && { replaces }),
    });
    return { ...answer, refresh_token: kept ?? this.newRefreshToken(grant) };
  }

  /** Replaced, and out of its grace. */
  isSpent(token: FyndRefreshToken): boolean {
    if (!token.rotated) return false;
    return this.settings.grace.kind === 'none' || token.replacementUsed;
  }

  /** Access tokens issued so far, of one company or all, are answered 401 from now on. */
  expire(companyId?: number, extension?: FyndExtension): void {
    for (const token of this.accessTokens.values()) {
      if (companyId !== undefined && token.company.company_id !== companyId) continue;
      if (extension === undefined || token.extension === extension) token.alive = false;
    }
  }

  /** The company has removed the extension: codes, tokens and grants of it are dead. */
  uninstall(companyId: number, extension: FyndExtension): void {
    this.expire(companyId, extension);
    const isOf = (one: { company: FyndCompany; extension: FyndExtension }): boolean =>
      one.company.company_id === companyId && one.extension === extension;
    for (const { grant } of this.refreshTokens.values()) if (isOf(grant)) grant.alive = false;
    for (const code of this.codes.values()) if (isOf(code)) this.codes.delete(code.value);
  }

  private answer(
    life: number,
    token: Omit<FyndAccessToken, 'expiresAt' | 'alive'>,
  ): FyndTokenAnswer {
    const value = this.newSecret('oa-');
    const expiresAt = Date.now() + life * 1000;
    this.accessTokens.set(value, { ...token, expiresAt, alive: true });
    return {
      access_token: value,
      token_type: 'Bearer',
      expires_in: this.settings.omitExpiresIn ? null : life,
      expires_at: this.settings.omitExpiresIn ? null : expiresAt,
      scope: token.scopes,
    };
  }

  private newRefreshToken(grant: FyndOfflineGrant): string {
    const value = this.newSecret('or-');
    this.refreshTokens.set(value, {
      grant,
      rotated: false,
      replacementUsed: false,
      replacementDelivered: false,
    });
    return value;
  }

  private newSecret(kind: string): string {
    return this.secrets.note(kind + this.prefix + randomText());
  }
}
