/** What the controller sends: a redirect or a page, with cookies. */
export type InstallAnswer =
  | { readonly kind: 'redirect'; readonly location: string; readonly cookies: readonly string[] }
  | {
      readonly kind: 'page';
      readonly status: number;
      readonly html: string;
      readonly cookies: readonly string[];
      /** Origins that may show the page in a frame. */
      readonly frameAncestors: readonly string[];
      readonly retryAfterSeconds?: number;
    };
