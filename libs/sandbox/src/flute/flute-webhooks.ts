import { randomUUID } from 'node:crypto';
import type { SecretRegister } from '../inspection/secret-register.js';
import { randomText } from '../oauth/random-text.js';
import type { FluteAccessToken } from './flute-token.js';
import type { FluteWebhook } from './flute-webhook.js';

type Place = Pick<FluteAccessToken, 'key' | 'environment'>;

/** The webhook endpoints of all keys. */
export class FluteWebhooks {
  private readonly byId = new Map<string, FluteWebhook>();

  constructor(
    private readonly secrets: SecretRegister,
    private readonly prefix: string,
  ) {}

  list(): FluteWebhook[] {
    return [...this.byId.values()];
  }

  /** Those of one key in one environment, oldest first. */
  of({ key, environment }: Place): FluteWebhook[] {
    return this.list().filter((one) => one.key === key && one.environment === environment);
  }

  find(place: Place, id: string): FluteWebhook | undefined {
    return this.of(place).find((one) => one.id === id);
  }

  add(
    { key, environment }: Place,
    fields: Pick<FluteWebhook, 'name' | 'url' | 'eventTypes' | 'enabled'>,
  ): FluteWebhook {
    const webhook: FluteWebhook = {
      ...fields,
      id: randomUUID(),
      key,
      environment,
      secret: this.secrets.note(this.prefix + randomText()),
      createdAt: new Date().toISOString(),
    };
    this.byId.set(webhook.id, webhook);
    return webhook;
  }

  remove({ id }: FluteWebhook): void {
    this.byId.delete(id);
  }
}
