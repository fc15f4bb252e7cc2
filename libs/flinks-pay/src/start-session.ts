import { FlockError } from '@nest-flock/core';
import { withoutUndefined } from '@nest-flock/core/provider';
import type { FlinksPayAccount } from './flinks-pay.accounts.js';
import { answeredId, answeredText } from './read-answer.js';

/** One start of a session, ready to be sent. */
export interface SessionStart {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly referenceId: string;
  readonly timeoutMs: number | undefined;
}

/**
 * Sends the start of a session once. FlinksPay documents no idempotency key, so a start without a
 * clear answer is never sent again: another session, and another payment, could come of it.
 * @throws FlockError, all with the `referenceId`: `outcome_unknown` when nobody knows whether there is
 * a session now; `provider_unavailable` (retryable) when it never left; `provider_refused`,
 * `provider_rate_limited` when FlinksPay said no
 */
export async function startSession(
  { client }: FlinksPayAccount,
  accessToken: string,
  { path, body, referenceId, timeoutMs }: SessionStart,
): Promise<string> {
  const answer = await client
    .post(path, body, { accessToken, ...(timeoutMs !== undefined && { timeoutMs }) })
    .catch((error: unknown) => {
      throw startFailure(error, referenceId);
    });
  const sessionId = answeredId(answer.data, 'sessionId');
  const echoed = answeredText(answer.data, 'referenceId') ?? referenceId;
  if (sessionId === undefined || echoed !== referenceId) {
    throw unknownStart(referenceId, 'its answer names no session of this reference');
  }
  return sessionId;
}

function startFailure(error: unknown, referenceId: string): unknown {
  if (!(error instanceof FlockError)) return error;
  const { code, message, providerStatus, providerCode, providerRequestId, retryAfterSeconds } =
    error;
  const details = {
    referenceId,
    ...withoutUndefined({ providerStatus, providerCode, providerRequestId, retryAfterSeconds }),
  };
  if (error.outcome === 'not_sent') {
    return new FlockError(code, message, { ...details, outcome: 'not_sent' });
  }
  if (error.outcome === 'unknown') {
    const why = providerStatus === undefined ? 'no answer came' : `it answered ${providerStatus}`;
    return unknownStart(referenceId, why, details);
  }
  return new FlockError(code, message, details);
}

function unknownStart(referenceId: string, why: string, details: object = {}): FlockError {
  return new FlockError(
    'outcome_unknown',
    `Whether FlinksPay has started a session is unknown: ${why}. It is not sent again; look the reference up in the dashboard or the daily files before you start another.`,
    { ...details, referenceId, outcome: 'unknown' },
  );
}
