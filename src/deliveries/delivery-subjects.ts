import { Injectable } from '@nestjs/common';
import { ConnectionService, DeliveryService } from '@nest-flock/core';
import { ProviderRegistry } from '@nest-flock/core/provider';
import type { DeliverySummary } from '@nest-flock/core';

/** Bodies never change, so what they are about is read once. */
const CAPACITY = 500;

type Fields = Readonly<Record<string, unknown>>;

/** Whose delivery it is, in words such as `mer_acorn · test`. A list has no bodies; this reads them. */
@Injectable()
export class DeliverySubjects {
  private readonly known = new Map<string, string>();

  constructor(
    private readonly deliveries: DeliveryService,
    private readonly connections: ConnectionService,
    private readonly registry: ProviderRegistry,
  ) {}

  /** Empty where nobody is named, or the body cannot be opened any more. */
  async of(delivery: DeliverySummary): Promise<string> {
    const known = this.known.get(delivery.id);
    if (known !== undefined) return known;
    const subject = await this.read(delivery).catch(() => '');
    if (this.known.size >= CAPACITY) this.known.clear();
    this.known.set(delivery.id, subject);
    return subject;
  }

  private async read({ id, source, provider, app }: DeliverySummary): Promise<string> {
    const body = JSON.parse((await this.deliveries.get(id)).body) as Fields;
    if (source === 'task') return '';
    if (source === 'connection') {
      const { merchant, account, environment } = await this.connections.get(
        String(body.connectionId),
      );
      return words(provider, merchant ?? account, environment);
    }
    const registered = this.registry.find(provider, app);
    const event = registered?.definition.webhooks?.read(body, { options: registered.options });
    return words(provider, event?.merchant ?? event?.account, event?.environment);
  }
}

/** Fynd's companies have numbers alone. */
const words = (provider: string, who?: string, environment?: string): string =>
  [
    provider === 'fynd' && who !== undefined ? `company ${who}` : who,
    environment === 'default' ? undefined : environment,
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
