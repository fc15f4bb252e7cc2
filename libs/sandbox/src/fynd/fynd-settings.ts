import type { FyndSubscriberVersion } from './read-subscriber.js';

/** How long a replaced refresh token of the company may still be used. */
export type FyndGrace = { readonly kind: 'none' } | { readonly kind: 'until_used' };

/** How the body of a token request is written. */
export type FyndEncoding = 'json' | 'form' | 'either';

/** How the emulated Fynd behaves. Every field may be changed while it runs. */
export interface FyndSettings {
  /** Life of a user's online token, in seconds. Default 7199. */
  onlineTokenSeconds: number;
  /** Life of a company's offline token, in seconds. Default 3599. */
  offlineTokenSeconds: number;
  /** Life of an authorization code, in seconds. Default 300. */
  codeSeconds: number;
  /** Body of the online exchange: the guide says JSON, the official libraries send a form. Default `either`. */
  onlineEncoding: FyndEncoding;
  /** Body of the offline exchange, and of the guide's renewal: the guide says JSON; the Java library sends a form. Default `json`. */
  offlineEncoding: FyndEncoding;
  /** Which renewal is understood: the guide's, the official libraries', or both. Default `either`. */
  renewal: 'guide' | 'library' | 'either';
  /** Whether a renewal replaces the refresh token. Default true. */
  rotation: boolean;
  /** Default `{ kind: 'none' }`. */
  grace: FyndGrace;
  /** Answers carry `expires_in: null`, which has occurred. Default false. */
  omitExpiresIn: boolean;
  /** How a refusal of the token routes looks: with an OAuth `error`, or with a `message` alone. Default `oauth`. */
  errorStyle: 'oauth' | 'message';
  /**
   * Where a rejected consent ends: on a page, as the guide says ("you will not receive any API call"),
   * or at the redirect URI with `error=access_denied`, which the official libraries expect. Default `page`.
   */
  denial: 'page' | 'redirect';
  /** In a frame the consent page offers to go on in a page of its own. Default false. */
  breakOut: boolean;
  /** Scopes, separated by commas, that offline tokens get instead of those asked for. */
  offlineScopesOverride?: string;
  /** The newest generation of the subscriber route that exists; newer ones answer 404. Default `v3.0`. */
  subscriberVersion: FyndSubscriberVersion;
}

export const FYND_DEFAULTS: Readonly<FyndSettings> = {
  onlineTokenSeconds: 7199,
  offlineTokenSeconds: 3599,
  codeSeconds: 300,
  onlineEncoding: 'either',
  offlineEncoding: 'json',
  renewal: 'either',
  rotation: true,
  grace: { kind: 'none' },
  omitExpiresIn: false,
  errorStyle: 'oauth',
  denial: 'page',
  breakOut: false,
  subscriberVersion: 'v3.0',
};
