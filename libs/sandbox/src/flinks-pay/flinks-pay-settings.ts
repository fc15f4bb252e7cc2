/** How the emulated FlinksPay behaves. Every field may be changed while it runs. */
export interface FlinksPaySettings {
  /**
   * Life of an access token, in seconds. Default 299, the v1 pages' figure; the v2 overviews say 599.
   */
  accessTokenSeconds: number;
  /**
   * Where the client must put its credentials. The Authorize page wants the form fields `Username`
   * and `Password`, the v2 overviews HTTP Basic. Default `form`. Never two places at once.
   */
  clientAuthentication: 'form' | 'basic' | 'either';
  /**
   * Which session starts use a token up. The Authorize page says every one; the v2 overview says to
   * use the token for all calls that follow. Default `all`.
   */
  singleUse: 'all' | 'v1';
  /**
   * How `sessions/initiate` spells the URLs of the client: newer and older page. Default `clientUrls`.
   */
  clientUrlsField: 'clientUrls' | 'clientURIs';
  /**
   * What a second payment request for one session gets; not documented. Default `same`: the first
   * one's id. `refuse`: status 400.
   */
  secondPaymentRequest: 'same' | 'refuse';
  /** Whether the v2 status needs a bearer token; the pages disagree. Default true. */
  statusNeedsToken: boolean;
  /** Whether v2 sessions can be cancelled; the cancel page once said "not yet". Default true. */
  cancelReleased: boolean;
  /** Whether the customers may start sessions of type `EFT`; otherwise they get 403. Default true. */
  regularEft: boolean;
}

export const FLINKS_PAY_DEFAULTS: Readonly<FlinksPaySettings> = {
  accessTokenSeconds: 299,
  clientAuthentication: 'form',
  singleUse: 'all',
  clientUrlsField: 'clientUrls',
  secondPaymentRequest: 'same',
  statusNeedsToken: true,
  cancelReleased: true,
  regularEft: true,
};
