import type { SecretRegister } from '../inspection/secret-register.js';
import { randomText } from '../oauth/random-text.js';
import { InputError } from '../server/input-error.js';
import {
  FLEX_PAY_ENVIRONMENTS,
  type FlexPayClient,
  type FlexPayClientRegistration,
  type FlexPayEnvironment,
} from './flex-pay-client.js';

/** The credentials that were issued. */
export class FlexPayClients {
  private readonly byId = new Map<string, FlexPayClient>();

  constructor(
    private readonly secrets: SecretRegister,
    private readonly prefix: string,
  ) {}

  get all(): FlexPayClient[] {
    return [...this.byId.values()];
  }

  get count(): number {
    return this.byId.size;
  }

  /** @throws InputError when a field is not usable, or the id is taken */
  add(registration: FlexPayClientRegistration): FlexPayClient {
    const { merchant, environment = 'pre-production' } = registration;
    if (typeof merchant !== 'string' || merchant === '') {
      throw new InputError('merchant', 'a non-empty text');
    }
    if (!FLEX_PAY_ENVIRONMENTS.includes(environment)) {
      throw new InputError('environment', `one of ${FLEX_PAY_ENVIRONMENTS.join(', ')}`);
    }
    const clientId = registration.clientId ?? `fp-${merchant}-${environment}`;
    if (this.find(environment, clientId)) throw new InputError('clientId', 'an id that is free');
    const clientSecret = this.secrets.note(registration.clientSecret ?? this.newSecret());
    const client = { merchant, environment, clientId, clientSecret };
    this.byId.set(`${environment} ${clientId}`, client);
    return client;
  }

  find(environment: FlexPayEnvironment, clientId: string): FlexPayClient | undefined {
    return this.byId.get(`${environment} ${clientId}`);
  }

  newSecret(): string {
    return this.secrets.note(`fps_${this.prefix}${randomText()}`);
  }
}
