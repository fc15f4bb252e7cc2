/** How a provider signs its webhooks: HMAC-SHA256 always, everything else as data. */
export interface SignatureScheme {
  /** For metrics and the delivery: `standard-webhooks`. */
  readonly name: string;
  /** Lower case. The scheme is chosen by the presence of its signature header. */
  readonly headers: {
    readonly signature: string;
    readonly id?: string;
    /** Absent: not signed, or inside the signature header (`timestampPrefix`). */
    readonly timestamp?: string;
  };
  /** What the MAC covers, joined by dots. */
  readonly signed: readonly ('id' | 'timestamp' | 'body')[];
  /** `whsec`: Base64 after `whsec_` (Standard Webhooks); `text`: the secret's own bytes. */
  readonly key: 'whsec' | 'text';
  readonly digest: 'base64' | 'hex';
  /** What separates several parts of the header; default: it is one. */
  readonly separator?: string;
  /** What a signature begins with, such as `v1,`. */
  readonly prefix?: string;
  /** What the timestamp's part of the header begins with, such as `t=`. */
  readonly timestampPrefix?: string;
  /** Seconds that the timestamp may differ from now, both ways. Default 300. */
  readonly toleranceSeconds?: number;
}

/** https://www.standardwebhooks.com: the specification's headers, 300 s both ways. */
export const STANDARD_WEBHOOKS: SignatureScheme = {
  name: 'standard-webhooks',
  headers: {
    id: 'webhook-id',
    timestamp: 'webhook-timestamp',
    signature: 'webhook-signature',
  },
  signed: ['id', 'timestamp', 'body'],
  key: 'whsec',
  digest: 'base64',
  separator: ' ',
  prefix: 'v1,',
};
