/**
 * What can go wrong with one request.
 *
 * `committed` says whether the provider did its work (rotated the token, made the payment) before
 * it went wrong. Where a kind has no such field, the work is always done, unless its name says no.
 */
export type Fault =
  /** The true answer, `ms` milliseconds late. `committed` (default true): the work is done before the wait, else after it. */
  | { readonly kind: 'delay'; readonly ms: number; readonly committed?: boolean }
  /** No answer, ever; the connection stays open. `committed` defaults to false. */
  | { readonly kind: 'hang'; readonly committed?: boolean }
  /** Headers at once, then the true body, one byte each `ms` milliseconds. */
  | { readonly kind: 'slow_body'; readonly ms: number }
  /** The true headers and half of the body, then the connection is cut. */
  | { readonly kind: 'truncate' }
  /** Status 200 with an HTML page. `committed` defaults to true. */
  | { readonly kind: 'html'; readonly committed?: boolean }
  /** Status 200 with `{}`. `committed` defaults to true. */
  | { readonly kind: 'empty_object'; readonly committed?: boolean }
  /** Status 200 and a JSON text of `bytes` bytes (default 64 MiB). `committed` defaults to true. */
  | { readonly kind: 'huge_body'; readonly bytes?: number; readonly committed?: boolean }
  /** A redirect; `status` defaults to 307. `committed` defaults to false. */
  | {
      readonly kind: 'redirect';
      readonly to: string;
      readonly status?: 301 | 302 | 303 | 307 | 308;
      readonly committed?: boolean;
    }
  /** Status 429. `retryAfter`: seconds, or an HTTP date as text. `committed` defaults to false. */
  | {
      readonly kind: 'rate_limit';
      readonly retryAfter?: number | string;
      readonly committed?: boolean;
    }
  /** Any status; `body` is sent as text if it is a text, else as JSON. `committed` defaults to false. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: unknown;
      readonly committed?: boolean;
    }
  /** The connection is cut; nothing was done. */
  | { readonly kind: 'drop_before_commit' }
  /** The work is done, then the connection is cut. */
  | { readonly kind: 'drop_after_commit' }
  /**
   * Waits for `release()`, then gives the true answer. `committed` (default true): the work is done
   * before the wait, else after it, and not at all when the client has left by then.
   */
  | { readonly kind: 'hold'; readonly committed?: boolean }
  /**
   * The true answer with fields of its JSON object replaced or left out. Leaving `refresh_token`
   * out of a refresh means that the old one stays valid.
   */
  | {
      readonly kind: 'answer';
      readonly set?: Readonly<Record<string, unknown>>;
      readonly omit?: readonly string[];
    }
  /** An error in the provider's own form; `status` defaults to 400. `committed` defaults to false. */
  | {
      readonly kind: 'error';
      readonly error: string;
      readonly status?: number;
      readonly description?: string;
      readonly committed?: boolean;
    };

export type FaultKind = Fault['kind'];
