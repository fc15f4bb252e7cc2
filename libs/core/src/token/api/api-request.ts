export type ApiMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface ApiRequestOptions {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Extra headers; credentials among them are refused. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as `Idempotency-Key`. Writes get one of their own if none is given; a retry keeps it. */
  readonly idempotencyKey?: string;
  /** A POST or PATCH that does no harm when it is made twice: without a clear answer it may be retried. */
  readonly repeatable?: boolean;
  /** Statuses from 400 on that are an answer to you, not an error, such as `[404, 422]`. */
  readonly accept?: readonly number[];
  /** Calls with this token instead, which is never renewed: a 401 to it is an error. */
  readonly accessToken?: string;
  /** Takes a new token for this call, where that costs nobody a consent; of a host's own credential, asks its resolver again. */
  readonly fresh?: boolean;
  /** Milliseconds, default 30,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A provider's answer. Holds nothing of the request, so that it can be logged without a token. */
export interface ApiResponse<T> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly data: T;
  /** The `Idempotency-Key` that the call carried; a repeat keeps it. */
  readonly idempotencyKey?: string;
}
