import { htmlAnswer, redirectAnswer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import { refusalOfOrigin } from '../server/loopback-guard.js';
import { buyerPage } from './buyer-page.js';
import type { FlexPayWorld } from './flex-pay-world.js';
import { problem } from './problem.js';

/** `GET` and `POST` of an order's `redirectUrl`. The buyer's browser needs no approved address. */
export async function buyerRoute(
  world: FlexPayWorld,
  exchange: Exchange,
  id: string,
): Promise<void> {
  const order = world.orders.find(id);
  const form = new URLSearchParams((await exchange.body()) ?? '');
  if (!order) return exchange.send(problem(404, 'Order not found', 'NOT_FOUND'));
  if (exchange.method === 'GET') return exchange.send(htmlAnswer(200, buyerPage(order)));
  const refusal = refusalOfOrigin(exchange);
  if (exchange.method !== 'POST' || refusal !== undefined) {
    return exchange.send(problem(refusal === undefined ? 405 : 403, refusal ?? 'POST or GET.'));
  }
  const approved = form.get('decision') === 'approve';
  exchange.send(redirectAnswer(303, world.orders.decide(order, approved)));
}
