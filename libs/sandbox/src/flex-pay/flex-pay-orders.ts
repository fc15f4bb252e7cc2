import { randomInt, randomUUID } from 'node:crypto';
import type { SecretRegister } from '../inspection/secret-register.js';
import { isRecord, type ReadOrder } from './read-order.js';
import type { FlexPayClient } from './flex-pay-client.js';
import type { FlexPayOrder } from './flex-pay-order.js';
import type { FlexPaySettings } from './flex-pay-settings.js';

/** The orders, and what buyers decide about them. */
export class FlexPayOrders {
  private readonly byId = new Map<string, FlexPayOrder>();

  constructor(
    private readonly settings: FlexPaySettings,
    private readonly secrets: SecretRegister,
  ) {}

  get all(): FlexPayOrder[] {
    return [...this.byId.values()];
  }

  get count(): number {
    return this.byId.size;
  }

  /** `base`: where the buyer page is. */
  create(
    client: FlexPayClient,
    sent: Record<string, unknown>,
    read: ReadOrder,
    base: string,
  ): FlexPayOrder {
    const id = randomUUID();
    const redirectUrl = `${base}/redirect/${id}`;
    const order: FlexPayOrder = {
      ...read,
      id,
      client,
      sent,
      redirectUrl,
      decision: 'open',
      authorizedCents: 0,
    };
    this.byId.set(id, order);
    return order;
  }

  find(id: string): FlexPayOrder | undefined {
    return this.byId.get(id);
  }

  /** Where the buyer goes next: the result comes by this redirect only, unsigned. */
  decide(order: FlexPayOrder, approved: boolean): string {
    if (order.decision === 'open') {
      order.decision = approved ? 'approved' : 'declined';
      if (approved) order.card = this.issueCard(order);
    }
    if (order.decision === 'declined') return order.cancelUrl;
    const url = new URL(order.confirmationUrl);
    url.searchParams.set('order_id', order.id);
    return url.href;
  }

  /** As the API answers it. A status member is not documented, so there is none. */
  view(order: FlexPayOrder): Record<string, unknown> {
    const { id, sent, redirectUrl, confirmationId } = order;
    return { ...sent, id, redirectUrl, confirmationId: confirmationId ?? null };
  }

  private issueCard({ sent }: FlexPayOrder): Record<string, unknown> {
    const values = this.settings.card ?? {};
    const contact = isRecord(sent['billingContact']) ? sent['billingContact'] : {};
    const digits = String(randomInt(1e11)).padStart(11, '0');
    const number = values.number ?? `54311${digits}`;
    this.secrets.note(number);
    return {
      id: randomUUID(),
      number,
      ccv: values.ccv ?? String(randomInt(1000)).padStart(3, '0'),
      expirationMonth: 12,
      expirationYear: new Date().getUTCFullYear() + 2,
      nameOnCard: values.nameOnCard ?? 'Arthur Davis',
      type: 'MASTERCARD',
      bin: number.slice(0, 6),
      contact,
      token: null,
      additionalTokens: null,
    };
  }
}
