/** What this host wants to be told of merchants' orders. */
export const ORDER_EVENTS = [
  'order.created',
  'order.updated',
  'order.paid',
  'order.closed',
  'order.refunded',
];
