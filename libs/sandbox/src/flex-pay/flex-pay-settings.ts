/** How the emulated Flex Pay behaves. Every field may be changed while it runs. */
export interface FlexPaySettings {
  /** Life of an access token, in seconds. Default 1800, the Authorization page's 30 minutes. */
  accessTokenSeconds: number;
  /** Whether the token answer has `expires_in`; the page names no member. Default true. */
  sendExpiresIn: boolean;
  /**
   * The form of token refusals, which is not documented. Default `api`: the one of the API,
   * `{ codeName, message, statusCode }`. `oauth`: RFC 6749 section 5.2.
   */
  tokenErrors: 'api' | 'oauth';
  /** The last word of the card read: the 2025 page says `payment`, the newer one `card`. Default `payment`. */
  cardPath: 'payment' | 'card' | 'either';
  /** Every call is answered by the edge, 403 and HTML, as for an address that was not approved. Default false. */
  blockAddress: boolean;
  /** The addresses that are approved. Default: any. */
  allowedAddresses?: readonly string[];
  /** What the cards to come say instead of random values. */
  card?: FlexPayCardValues;
}

/** The values of a card that a test wants to find again. */
export interface FlexPayCardValues {
  readonly number?: string;
  readonly ccv?: string;
  readonly nameOnCard?: string;
}

export const FLEX_PAY_DEFAULTS: Readonly<FlexPaySettings> = {
  accessTokenSeconds: 1800,
  sendExpiresIn: true,
  tokenErrors: 'api',
  cardPath: 'payment',
  blockAddress: false,
};
