/** How long before its end a token of this life is renewed: a fifth of its life, at most 5 minutes. */
export const renewAheadMs = (lifeMs: number): number => Math.min(300_000, lifeMs * 0.2);

/** The scheduler comes a little earlier still, at a random point, so that tokens do not meet. */
export const scheduleAheadMs = (lifeMs: number): number =>
  renewAheadMs(lifeMs) * (1 + 0.5 * Math.random());

/** What is sealed as one value: everything needed to call and to renew. */
export interface TokenSet {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** As the provider says it; absent when it says nothing. */
  readonly tokenType?: string;
  /** The code of the install, where a renewal needs it again. */
  readonly code?: string;
  /** Never renewed: erased when its life is over. */
  readonly ends?: boolean;
}

export const writeTokenSet = (set: TokenSet): string => JSON.stringify(set);

/** @throws SyntaxError or TypeError when the text is no token set. */
export function readTokenSet(text: string): TokenSet {
  const value = JSON.parse(text) as Partial<TokenSet> | null;
  if (typeof value?.accessToken !== 'string') throw new TypeError('no token set');
  return value as TokenSet;
}
