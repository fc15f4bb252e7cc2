import { jsonAnswer, type Answer } from '../server/answer.js';
import type { FlinksPayApiCall } from './api-call.js';
import { problemAnswer } from './problem.js';

/** `POST /api/v1/paymentrequests`: the payer can complete the session from now on. */
export function createPaymentRequest({ world, customer, body = {} }: FlinksPayApiCall): Answer {
  const { sessionId } = body;
  if (typeof sessionId !== 'string') {
    world.records.violate('invalid_field', 'sessionId is required.');
    return problemAnswer(400, 'One or more validation errors occurred.', {
      errors: { sessionId: ['sessionId is required.'] },
    });
  }
  const session = world.sessions.find(customer.name, sessionId);
  if (session?.version !== 'v1') return problemAnswer(404, 'There is no such session.');
  if (session.requestId === undefined) {
    return jsonAnswer(200, { requestId: world.sessions.activate(session) });
  }
  return world.settings.secondPaymentRequest === 'same'
    ? jsonAnswer(200, { requestId: session.requestId })
    : problemAnswer(400, 'This session has a payment request already.');
}

/** `GET /api/v1/paymentrequests/{requestId}`. */
export function readPaymentRequest({ world, customer, id }: FlinksPayApiCall): Answer {
  const session = world.sessions.ofRequest(customer.name, id);
  if (!session) return problemAnswer(404, 'There is no such payment request.');
  const { status, paymentReferenceNumber } = session;
  return jsonAnswer(200, { id, status, paymentReferenceNumber });
}
