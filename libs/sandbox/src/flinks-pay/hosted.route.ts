import { Parameters } from '../oauth/parameters.js';
import { htmlAnswer, redirectAnswer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import { refusalOfOrigin } from '../server/loopback-guard.js';
import type { FlinksPayCustomer } from './flinks-pay-customer.js';
import type { FlinksPaySession } from './flinks-pay-session.js';
import type { FlinksPayWorld } from './flinks-pay-world.js';
import { hostedPage, noSessionPage } from './hosted-page.js';
import { problemAnswer } from './problem.js';

/** What the two buttons make of a v1 payment and of a v2 session. */
const OUTCOMES = {
  approve: { v1: 'Accepted', v2: 'Completed' },
  decline: { v1: 'Declined', v2: 'Failed' },
} as const;

/** `/app/?sessionId=`: the hosted application, where the payer completes a session. */
export async function hostedRoute(
  world: FlinksPayWorld,
  customer: FlinksPayCustomer,
  exchange: Exchange,
): Promise<void> {
  const form =
    exchange.method === 'POST' ? new Parameters((await exchange.body()) ?? '') : undefined;
  const id = new Parameters(exchange.query).get('sessionId') ?? '';
  const session = world.sessions.find(customer.name, id);
  if (!session) return exchange.send(htmlAnswer(404, noSessionPage()));
  if (session.version === 'v1' && session.requestId === undefined) {
    world.records.violate(
      'opened_before_payment_request',
      `Session ${session.sessionId} was opened without a payment request.`,
    );
    return exchange.send(htmlAnswer(409, hostedPage(session, false)));
  }
  const open = isOpen(session);
  if (form === undefined) return exchange.send(htmlAnswer(200, hostedPage(session, open)));
  const refusal = refusalOfOrigin(exchange);
  if (refusal !== undefined) return exchange.send(problemAnswer(403, refusal));
  if (!open) return exchange.send(htmlAnswer(409, hostedPage(session, false)));
  const decision = form.get('decision') === 'approve' ? 'approve' : 'decline';
  world.sessions.move(session, OUTCOMES[decision][session.version]);
  exchange.send(redirectAnswer(303, `?sessionId=${session.sessionId}`));
}

const isOpen = ({ status }: FlinksPaySession): boolean => status === 'Initiated';
