import { randomUUID } from 'node:crypto';
import type { SecretRegister } from '../inspection/secret-register.js';
import { now } from '../server/exchange.js';
import type { FlinksPayCustomer } from './flinks-pay-customer.js';
import type { FlinksPaySettings } from './flinks-pay-settings.js';

/** One access token. */
export interface FlinksPayToken {
  readonly customer: FlinksPayCustomer;
  expiresAt: number;
  /** The session that it started. */
  usedFor?: string;
}

/** Issues access tokens and knows what became of them. */
export class FlinksPayTokens {
  private readonly issued = new Map<string, FlinksPayToken>();

  constructor(
    private readonly settings: FlinksPaySettings,
    private readonly secrets: SecretRegister,
    private readonly prefix: string,
  ) {}

  /** The answer of the authorize route, field by field as the Authorize page shows it. */
  issue(customer: FlinksPayCustomer): Record<string, unknown> {
    const { accessTokenSeconds } = this.settings;
    const access_token = this.secrets.note(this.prefix + randomUUID());
    this.issued.set(access_token, { customer, expiresAt: now() + accessTokenSeconds * 1000 });
    return { access_token, token_type: 'bearer', expires_in: accessTokenSeconds };
  }

  /** Also a token that has ended. */
  find(value: string): FlinksPayToken | undefined {
    return this.issued.get(value);
  }

  expire(customer?: FlinksPayCustomer): void {
    for (const token of this.issued.values()) {
      if (customer === undefined || token.customer === customer) token.expiresAt = 0;
    }
  }
}
