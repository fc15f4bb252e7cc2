/** Any one of these lets an event through. */
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  order: ['commerce.orders.read'],
  payment_intent: ['payments.payment_intents.read'],
  refund: ['commerce.refunds.read'],
  customer: ['customers.customers.read', 'customers.read'],
};

/** The scopes of which an install must have one to be sent an event; `undefined` for unknown families. */
export function scopesForEvent(eventType: string): readonly string[] | undefined {
  const [family = ''] = eventType.split('.', 1);
  return Object.hasOwn(SCOPES, family) ? SCOPES[family] : undefined;
}
