/** What the pages need to know of this host. */
export interface Host {
  /** Its own origin. */
  readonly url: string;
  /** The sandbox's page, where one runs. */
  readonly sandboxUrl?: string;
}
export const HOST = Symbol('host');
