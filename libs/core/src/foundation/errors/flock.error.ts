import { HttpException } from '@nestjs/common';
import { FLOCK_ERRORS } from './error-codes.js';
import type { FlockErrorCode } from './error-codes.js';

export interface FlockErrorDetails {
  /** Where the merchant (re)connects, when that is the way out. */
  connectUrl?: string;
  /** Whole seconds after which trying again makes sense. */
  retryAfterSeconds?: number;
  /** Scopes that the connection was not granted. */
  missingScopes?: readonly string[];
  /** HTTP status that a provider's API answered. */
  providerStatus?: number;
  /** The provider's own error code: an identifier such as `RATE_LIMIT_EXCEEDED`, never a message. */
  providerCode?: string;
  /** The provider's request id, for its support. */
  providerRequestId?: string;
  /** Of a call without an answer: it never left, or nobody knows whether it was carried out. */
  outcome?: 'not_sent' | 'unknown';
  /** The host's own reference of what was attempted, to reconcile by. */
  referenceId?: string;
  /** The `Idempotency-Key` that the failed call carried; a repeat keeps it. */
  idempotencyKey?: string;
  /** The provider's session that exists already. */
  sessionId?: string;
}

/**
 * The one error class of Nest Flock. `code` is stable, `retryable` says whether the same call can
 * succeed later without anybody doing anything. Over HTTP it is RFC 9457 problem details.
 *
 * It never carries a token, a code, a secret or a provider's raw body; library errors are not
 * attached as `cause`, because theirs do.
 */
export class FlockError extends HttpException {
  readonly code: FlockErrorCode;
  readonly retryable: boolean;
  readonly connectUrl?: string;
  readonly retryAfterSeconds?: number;
  readonly missingScopes?: readonly string[];
  readonly providerStatus?: number;
  readonly providerCode?: string;
  readonly providerRequestId?: string;
  readonly outcome?: 'not_sent' | 'unknown';
  readonly referenceId?: string;
  readonly idempotencyKey?: string;
  readonly sessionId?: string;

  constructor(code: FlockErrorCode, detail: string, details: FlockErrorDetails = {}) {
    const { status, title, retryable } = FLOCK_ERRORS[code];
    super(
      {
        type: `https://github.com/nest-flock/nest-flock/blob/main/docs/errors.md#${code}`,
        title,
        status,
        detail,
        code,
        retryable,
        ...details,
      },
      status,
    );
    this.name = 'FlockError';
    this.message = detail;
    this.code = code;
    this.retryable = retryable;
    Object.assign(this, details);
  }
}
