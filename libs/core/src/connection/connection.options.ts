/** What the wing needs of the options. */
export interface ConnectionOptions {
  /** A process that has not seen the store for so many milliseconds serves nothing. */
  readonly maxBlindMs: number;
}
export const CONNECTION_OPTIONS = Symbol('nest-flock:connection-options');
