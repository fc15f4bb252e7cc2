/** How a provider's token endpoint wants to be spoken to. */
export interface TokenDialect {
  /** RFC 6749 2.3.1: `basic` in the header, `body` as parameters; `both` where a provider insists. */
  readonly clientAuthentication: 'basic' | 'body' | 'both';
  readonly encoding: 'form' | 'json' | 'query';
  /** Names of the credential's parameters; default `client_id` and `client_secret`. */
  readonly fields?: { readonly id: string; readonly secret: string };
}

export interface ClientCredential {
  readonly id: string;
  readonly secret: string;
}

/** One POST to a token endpoint, where it differs from the usual one. */
export interface TokenCall {
  /** A list is sent as such in JSON, joined by commas elsewhere. */
  readonly parameters: Readonly<Record<string, string | readonly string[]>>;
  /** Default: the place's token endpoint. */
  readonly url?: string;
  readonly dialect?: Partial<TokenDialect>;
}

/** What a renewal has to spend. */
export interface Renewable {
  readonly refreshToken: string;
  /** The code of the install, where the provider wants it again. */
  readonly code?: string;
}
