/** Where results lie that the store refused. */
export interface TokenOptions {
  readonly rescueDir: string;
}

export const TOKEN_OPTIONS = Symbol('nest-flock:token-options');
