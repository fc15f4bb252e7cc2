import { Injectable } from '@nestjs/common';
import { readKeptEvent } from '../provider/kept-event.js';
import { ProviderRegistry } from '../provider/provider.registry.js';
import { DeliveryStore } from './delivery.store.js';

export interface Task {
  readonly provider: string;
  readonly app: string;
  /** For `@OnTask(provider, type)`. */
  readonly type: string;
  /** One task of a key is kept; a second is left out for as long as the first is remembered. */
  readonly key: string;
  readonly connectionId?: string;
  readonly payload?: Readonly<Record<string, unknown>>;
  /** Default 0. */
  readonly delayMs?: number;
}

/** What a library has found out by asking, as the provider's webhook would have said it. */
export interface LearntEvent {
  readonly provider: string;
  readonly app: string;
  /** As the webhook's route; that and the id make it the same event. */
  readonly tenant?: string;
  readonly eventId: string;
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** For provider libraries: durable work of their own, by the same inbox as webhooks. */
@Injectable()
export class TaskService {
  constructor(
    private readonly store: DeliveryStore,
    private readonly registry: ProviderRegistry,
  ) {}

  /** `false` when there is such a task already. */
  schedule({ provider, app, type, key, connectionId, payload, delayMs }: Task): Promise<boolean> {
    return this.store.add({
      source: 'task',
      provider,
      app,
      eventId: `${type}/${key}`,
      type,
      body: JSON.stringify(payload ?? {}),
      ...(connectionId !== undefined && { connectionId }),
      ...(delayMs !== undefined && { delayMs }),
    });
  }

  /**
   * Handled like a webhook; `false` when that one came first.
   * @throws FlockError `unknown_provider`
   */
  emit({ payload, ...learnt }: LearntEvent): Promise<boolean> {
    const { provider, app: name, tenant } = learnt;
    const app = this.registry.get(provider, name);
    const event = readKeptEvent(app, payload, tenant);
    return this.store.add({
      source: 'webhook',
      ...learnt,
      body: JSON.stringify(payload),
      ...(event !== undefined && { event }),
    });
  }
}
