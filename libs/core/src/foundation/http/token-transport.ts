export interface TokenRequest {
  readonly url: string;
  readonly method: 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The host was registered at run time: only a public address of it may be connected to. */
  readonly publicOnly?: boolean;
}

export type TokenResponse =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly retryAfter?: string;
      /** The provider's own time: the header `Date`. */
      readonly date?: string;
      readonly body: string;
    }
  | { readonly kind: 'not_sent'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: UnknownReason };

/**
 * Sends one request to a token endpoint. A replacement must keep to this: no redirects followed,
 * `publicOnly` obeyed, one deadline over connect, headers and body, at most 256 KiB read, no retry, and no error that
 * quotes the request.
 */
export interface TokenTransport {
  send(request: TokenRequest, deadlineMs: number): Promise<TokenResponse>;
  close(): Promise<void>;
}
export const TokenTransport = Symbol('nest-flock:token-transport');

/** 256 KiB: a token answer is a few kilobytes (ASVS 15.2.2). */
export const MAX_TOKEN_ANSWER_BYTES = 262_144;

export type UnknownReason =
  | 'timeout'
  | 'connection_lost'
  | 'server_error'
  | 'redirect'
  | 'body_too_large'
  | 'not_json'
  | 'no_token';
