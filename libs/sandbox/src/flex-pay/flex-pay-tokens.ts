import type { SecretRegister } from '../inspection/secret-register.js';
import { randomText } from '../oauth/random-text.js';
import type { FlexPayClient } from './flex-pay-client.js';
import type { FlexPaySettings } from './flex-pay-settings.js';

interface TokenState {
  readonly client: FlexPayClient;
  readonly serial: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** The access tokens: whose they are, and which are still good. An earlier one stays good. */
export class FlexPayTokens {
  private readonly tokens = new Map<string, TokenState>();
  private readonly expiredThrough = new Map<FlexPayClient, number>();
  private serial = 0;
  private allExpiredThrough = 0;

  constructor(
    private readonly settings: FlexPaySettings,
    private readonly secrets: SecretRegister,
    private readonly prefix: string,
  ) {}

  /** The token answer; its members are RFC 6749's, since the Authorization page names none. */
  issue(client: FlexPayClient): Record<string, unknown> {
    const { accessTokenSeconds, sendExpiresIn } = this.settings;
    const access_token = this.secrets.note(`fpt_${this.prefix}${randomText()}`);
    this.serial += 1;
    this.tokens.set(access_token, {
      client,
      serial: this.serial,
      expiresAt: Date.now() + accessTokenSeconds * 1000,
    });
    return {
      access_token,
      token_type: 'Bearer',
      ...(sendExpiresIn && { expires_in: accessTokenSeconds }),
    };
  }

  /** Whose token it is, good or not. */
  clientOf(token: string): FlexPayClient | undefined {
    return this.tokens.get(token)?.client;
  }

  /** Whose token it is, if it is good. */
  access(token: string): FlexPayClient | undefined {
    const state = this.tokens.get(token);
    if (!state) return undefined;
    const through = Math.max(this.allExpiredThrough, this.expiredThrough.get(state.client) ?? 0);
    return state.serial > through && state.expiresAt > Date.now() ? state.client : undefined;
  }

  /** The tokens of one client, or all, are answered 401 from now on. */
  expire(client?: FlexPayClient): void {
    if (client) this.expiredThrough.set(client, this.serial);
    else this.allExpiredThrough = this.serial;
  }
}
