import { randomUUID } from 'node:crypto';
import { jsonAnswer, type Answer } from '../server/answer.js';
import type { FlinksPayApiCall } from './api-call.js';
import { problemAnswer } from './problem.js';
import { readV1Start, readV2Start } from './read-start.js';

/** `POST /api/v1/sessions/initiate` and `POST /api/v2/sessions`: a token starts one session. */
export function startSession(call: FlinksPayApiCall, version: 'v1' | 'v2'): Answer {
  const { world, customer, token, body = {} } = call;
  const { records, settings } = world;
  if (token === undefined) return problemAnswer(401, 'A bearer token is needed.');
  if (token.usedFor !== undefined) {
    const detail = `Token ${call.tokenFingerprint} has started a session already.`;
    records.violate('token_reused', detail);
    return problemAnswer(401, 'This token has started a session already; authorize again.');
  }
  const verdict = version === 'v1' ? readV1Start(body, settings) : readV2Start(body);
  if ('field' in verdict) {
    const { field, problem, violation } = verdict;
    records.violate(violation ?? 'invalid_field', `${field} ${problem}.`);
    return problemAnswer(400, 'One or more validation errors occurred.', {
      errors: { [field]: [`${field} ${problem}.`] },
    });
  }
  const { amount, type, referenceId = randomUUID() } = verdict.start;
  if (type === 'EFT' && !settings.regularEft) {
    return problemAnswer(403, 'The feature RegularEft is not enabled for this customer.');
  }
  const session = world.sessions.start({
    version,
    customer: customer.name,
    referenceId,
    amount,
    type,
    request: body,
    token_fingerprint: call.tokenFingerprint,
  });
  if (settings.singleUse === 'all' || version === 'v1') token.usedFor = session.sessionId;
  return jsonAnswer(version === 'v1' ? 200 : 201, { sessionId: session.sessionId, referenceId });
}
