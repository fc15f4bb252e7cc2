import { jsonAnswer, type Answer } from '../server/answer.js';

const TYPES: Readonly<Record<number, string>> = {
  400: 'validation_error',
  401: 'authentication_error',
  402: 'payment_error',
  403: 'authorization_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  409: 'conflict_error',
  413: 'invalid_request_error',
  415: 'invalid_request_error',
  422: 'validation_error',
  429: 'rate_limit_error',
  502: 'external_service_error',
  503: 'unavailable_error',
  504: 'timeout_error',
};

/** `{ data, request_id }`, the form of every success outside the token route. */
export function successAnswer(
  requestId: string,
  data: unknown,
  headers?: Readonly<Record<string, string>>,
  status = 200,
  more: Readonly<Record<string, unknown>> = {},
): Answer {
  return jsonAnswer(status, { data, ...more, request_id: requestId }, headers);
}

/** What an error says beside its code. */
export interface ErrorDetail {
  readonly message: string;
  readonly param?: string;
  readonly missing_scopes?: readonly string[];
  readonly scope_requirement?: { readonly mode: 'all' | 'any'; readonly scopes: readonly string[] };
}

/** The nested error form of every route, the token route's 429 included. */
export function errorAnswer(
  requestId: string,
  status: number,
  code: string,
  detail: ErrorDetail,
  headers?: Readonly<Record<string, string>>,
): Answer {
  const retryable = status === 429 || status >= 500;
  return jsonAnswer(
    status,
    {
      error: {
        type: TYPES[status] ?? 'internal_error',
        code,
        ...detail,
        doc_url: 'https://developers.withflintpay.com/docs/errors',
        error_source: status >= 500 ? 'flint' : 'integration',
        remediation: { next_steps: detail.message, retryable },
        request_id: requestId,
      },
    },
    headers,
  );
}

/** A 429. */
export function rateLimitAnswer(
  requestId: string,
  headers: Readonly<Record<string, string>>,
): Answer {
  return errorAnswer(
    requestId,
    429,
    'RATE_LIMIT_EXCEEDED',
    { message: 'Too many requests.' },
    { 'flint-rate-limited-reason': 'resource', ...headers },
  );
}

/** The flat error form of the token route. */
export function oauthErrorAnswer(status: number, error: string, description?: string): Answer {
  return jsonAnswer(
    status,
    { error, ...(description !== undefined && { error_description: description }) },
    {
      'cache-control': 'no-store',
      pragma: 'no-cache',
      ...(status === 401 && { 'www-authenticate': 'Basic realm="Flint", charset="UTF-8"' }),
    },
  );
}
