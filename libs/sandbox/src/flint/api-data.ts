import type { GrantState } from './flint-install.js';

/** The resources of the API that are emulated. */
export type Resource = 'orders' | 'payment-intents' | 'customers';

type Row = Readonly<Record<string, unknown>>;

/** What each merchant has in each environment: always the same rows, none shared with another. */
export class ApiData {
  private readonly created = new Map<string, Row[]>();

  rows(grant: GrantState, resource: Resource): readonly Row[] {
    const added = resource === 'payment-intents' ? this.created.get(placeOf(grant)) : undefined;
    return [...[1, 2, 3].map((number) => rowOf(grant, resource, number)), ...(added ?? [])];
  }

  /** A new payment intent with the fields that were sent. */
  createPaymentIntent(grant: GrantState, fields: Row): Row {
    const place = placeOf(grant);
    const rows = this.created.get(place) ?? [];
    this.created.set(place, rows);
    const row = {
      ...fields,
      payment_intent_id: `pi_${grant.environment.environment_id}_${rows.length + 4}`,
      status: 'requires_payment_method',
      ...ownerOf(grant),
      created_at: new Date().toISOString(),
    };
    rows.push(row);
    return row;
  }
}

/** Merchant and environment of a grant, as a key. */
export function placeOf({ merchant, environment }: GrantState): string {
  return `${merchant.merchant_id} ${environment.environment_id}`;
}

function ownerOf({ merchant, environment }: GrantState): Row {
  return {
    merchant_id: merchant.merchant_id,
    mode: environment.mode,
    environment_id: environment.environment_id,
  };
}

function rowOf(grant: GrantState, resource: Resource, number: number): Row {
  const key = `${grant.environment.environment_id}_${number}`;
  const money = { amount: 1250 * number, currency: 'USD' };
  const more = { ...ownerOf(grant), created_at: `2026-01-0${number}T09:00:00Z` };
  switch (resource) {
    case 'orders':
      return { order_id: `ord_${key}`, status: 'open', total_money: money, ...more };
    case 'payment-intents':
      return { payment_intent_id: `pi_${key}`, status: 'succeeded', amount_money: money, ...more };
    case 'customers':
      return {
        customer_id: `cus_${key}`,
        name: `Customer ${number} of ${grant.merchant.name}`,
        ...more,
      };
  }
}
