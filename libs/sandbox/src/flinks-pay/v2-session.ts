import { jsonAnswer, type Answer } from '../server/answer.js';
import type { FlinksPayApiCall } from './api-call.js';
import type { FlinksPaySession } from './flinks-pay-session.js';
import { problemAnswer } from './problem.js';

/** After these a session cannot be cancelled. */
const ENDED: ReadonlySet<string> = new Set([
  'Completed',
  'Failed',
  'Cancelled',
  'Canceled',
  'Expired',
]);

const NONE = 'There is no such session.';

/** `GET /api/v2/sessions/{sessionId}/status`. */
export function readStatus(call: FlinksPayApiCall): Answer {
  const session = find(call);
  if (!session) return problemAnswer(404, NONE);
  return jsonAnswer(200, { sessionId: session.sessionId, status: session.status });
}

/** `GET /api/v2/sessions/{sessionId}/details`, with the members that the details page shows. */
export function readDetails(call: FlinksPayApiCall): Answer {
  const session = find(call);
  if (!session) return problemAnswer(404, NONE);
  const { sessionId, status, referenceId, amount, type, request, createdAt } = session;
  return jsonAnswer(200, {
    sessionId,
    status,
    referenceId,
    amount: Number(amount),
    type,
    direction: request['direction'],
    currency: request['currency'],
    payor: request['payor'],
    payee: request['payee'] ?? null,
    schedule: { transactions: [{ id: sessionId, status }] },
    createdAt: new Date(createdAt).toISOString(),
  });
}

/** `POST /api/v2/sessions/{sessionId}/cancel`. */
export function cancelSession(call: FlinksPayApiCall): Answer {
  const session = find(call);
  if (!session || !call.world.settings.cancelReleased) return problemAnswer(404, NONE);
  if (ENDED.has(session.status)) {
    return problemAnswer(400, 'The session has ended and cannot be cancelled.');
  }
  call.world.sessions.move(session, 'Cancelled');
  return jsonAnswer(200, { sessionId: session.sessionId, status: session.status });
}

function find({ world, customer, id }: FlinksPayApiCall): FlinksPaySession | undefined {
  const session = world.sessions.find(customer.name, id);
  return session?.version === 'v2' ? session : undefined;
}
