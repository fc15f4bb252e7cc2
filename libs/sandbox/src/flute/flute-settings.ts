/** How the emulated Flute behaves. Every field may be changed while it runs. */
export interface FluteSettings {
  /**
   * Life of an access token, in seconds. Default 3600, the Authorization page's figure; the newer
   * contract shows 900.
   */
  accessTokenSeconds: number;
  /** Life of a refresh token, in seconds; Flute publishes none. Default 1209600, a fortnight. */
  refreshTokenSeconds: number;
  /** Whether client credentials yield a refresh token; the pages disagree. Default true. */
  refreshTokens: boolean;
  /** Whether a refresh replaces the refresh token and ends the old one. Default true. */
  rotation: boolean;
  /**
   * Where the client must put its credentials: the examples use HTTP Basic, the contract's schema
   * the body. Default `either`. Never two places at once.
   */
  clientAuthentication: 'basic' | 'body' | 'either';
  /** Whether client credentials need `scope=offline_access`, as the contract says. Default true. */
  scopeRequired: boolean;
  /** Letter case of the main error envelope: documented `camel`, answered `pascal`. Default `pascal`. */
  errorCase: 'camel' | 'pascal';
  /** Body of a 401 of the API: none at all, or the envelope with `BearerTokenError`. Default `empty`. */
  unauthorizedBody: 'empty' | 'envelope';
  /** How long the same charge counts as a duplicate, in seconds; not published. Default 60; 0: never. */
  duplicateSeconds: number;
  /** Form of a list: `pageIndex` with `pageInfo`, or the older `page` with `total`. Default `pageInfo`. */
  paging: 'pageInfo' | 'total';
  /** Number of the first page in the older form; the sources disagree. Default 0. */
  firstPage: 0 | 1;
  /** Names in webhook endpoints: `endpointId`, `webhookName`, `hmacSecret`, or the older `id`, `name`, `secret`. Default `newer`. */
  webhookFields: 'newer' | 'older';
  /** Status of a new endpoint: 201, or the 200 that Flute's other creations answer. Default 201. */
  webhookCreatedStatus: 200 | 201;
}

export const FLUTE_DEFAULTS: Readonly<FluteSettings> = {
  accessTokenSeconds: 3600,
  refreshTokenSeconds: 1_209_600,
  refreshTokens: true,
  rotation: true,
  clientAuthentication: 'either',
  scopeRequired: true,
  errorCase: 'pascal',
  unauthorizedBody: 'empty',
  duplicateSeconds: 60,
  paging: 'pageInfo',
  firstPage: 0,
  webhookFields: 'newer',
  webhookCreatedStatus: 201,
};
