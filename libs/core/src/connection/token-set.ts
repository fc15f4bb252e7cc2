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
