import { FlockError } from '@nest-flock/core';
import { withoutUndefined } from '@nest-flock/core/provider';
import type { FlinksPayAccount } from './flinks-pay.accounts.js';
import { answeredId } from './read-answer.js';

/**
 * Links a session to a payment request, without which the payer cannot complete it (PaymentRequests
 * page). Nothing is paid by it, so it may be sent again.
 * @throws FlockError `provider_unavailable`, `provider_rate_limited`, `provider_refused`
 */
export async function activateSession(
  { client }: FlinksPayAccount,
  accessToken: string,
  sessionId: string,
  timeoutMs: number | undefined,
): Promise<string> {
  const { data } = await client.post(
    '/api/v1/paymentrequests',
    { sessionId },
    { accessToken, repeatable: true, ...(timeoutMs !== undefined && { timeoutMs }) },
  );
  const requestId = answeredId(data, 'requestId');
  if (requestId !== undefined) return requestId;
  throw new FlockError(
    'provider_unavailable',
    'FlinksPay answered a payment request without its id.',
    { outcome: 'unknown', sessionId },
  );
}

/**
 * The error for a session that was started and not, or perhaps not, activated. It is never
 * retryable: the call that failed has started a session already.
 */
export function halfStarted(error: unknown, sessionId: string, referenceId: string): unknown {
  if (!(error instanceof FlockError)) return error;
  const { code, outcome, providerStatus, providerCode, providerRequestId } = error;
  const refused = code === 'provider_refused';
  return new FlockError(
    refused ? 'provider_refused' : 'outcome_unknown',
    `FlinksPay has started the session ${sessionId}, but ${
      refused ? 'refused' : 'gave no clear answer to'
    } its payment request, without which the payer cannot complete it. Go on with activateSession; do not start another.`,
    {
      sessionId,
      referenceId,
      ...withoutUndefined({ outcome, providerStatus, providerCode, providerRequestId }),
    },
  );
}
