import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** One storefront call as it arrived. */
export interface SignedCall {
  readonly method: string;
  /** With its query, as the caller wrote it. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer | string;
}

/** The headers that the signature covers, where they are present. */
const SIGNED = ['host', 'x-application-data', 'x-fp-date', 'x-fp-sdk-version', 'x-user-data'];

const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');

/**
 * `v1.1:` and the hex HMAC-SHA256 of the date and the digest of the canonical request, keyed with the
 * API secret (fp-signature 1.0; extension library 2.0, proxy calls).
 */
export function proxySignature(call: SignedCall, secret: string): string {
  const toSign = `${call.headers['x-fp-date'] ?? ''}\n${sha256(canonicalRequest(call))}`;
  return `v1.1:${createHmac('sha256', secret).update(toSign).digest('hex')}`;
}

/** In constant time, over digests of equal length. */
export function isSignedBy(call: SignedCall, secret: string, signature: string): boolean {
  const [given, expected] = [signature, proxySignature(call, secret)].map((text) =>
    createHash('sha256').update(text).digest(),
  );
  return timingSafeEqual(given as Buffer, expected as Buffer);
}

function canonicalRequest({ method, url, headers, body }: SignedCall): string {
  const mark = url.indexOf('?');
  const present = SIGNED.filter((name) => headers[name] !== undefined);
  return [
    method.toUpperCase(),
    canonicalPath(mark < 0 ? url : url.slice(0, mark)),
    mark < 0 ? '' : canonicalQuery(url.slice(mark + 1)),
    ...present.map((name) => `${name}:${headers[name]?.trim().replace(/\s+/g, ' ')}`),
    '',
    present.join(';'),
    sha256(body),
  ].join('\n');
}

/** Segments are encoded anew, so that two spellings of one path sign alike. */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.replace(/\/{2,}/g, '/').split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '.') segments.push(encodeURIComponent(decodeURIComponent(segment)));
  }
  const joined = segments.join('/');
  return joined.startsWith('/') ? joined : `/${joined}`;
}

/** Sorted by name, values of one name among themselves; decoded, as the platform signs them. */
function canonicalQuery(query: string): string {
  const values = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === '' || name.toLowerCase() === 'x-fp-signature') continue;
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return [...values.keys()]
    .sort()
    .flatMap((name) => (values.get(name) ?? []).sort().map((value) => `${name}=${value}`))
    .join('&');
}
