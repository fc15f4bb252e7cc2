import { readHeader } from './request.js';
import type { HttpRequest } from './request.js';

export interface CookieScope {
  /** False only on plain-http development origins, where `__Host-` and Secure cannot be used everywhere. */
  readonly secure: boolean;
  /** For pages in another site's frame: kept apart for each such site (CHIPS). Needs `secure`. */
  readonly embedded: boolean;
}

export interface CookieOptions extends CookieScope {
  /** Seconds; 0 removes the cookie. */
  readonly maxAge: number;
}

/** The cookie's name as sent: `__Host-` pins it to this very origin (RFC 6265bis 4.1.3.2). */
export function cookieName(name: string, secure: boolean): string {
  return secure ? `__Host-${name}` : name;
}

/**
 * One `Set-Cookie` value: HttpOnly, host-only, whole path, and SameSite=Lax, because Strict would
 * not be sent on the redirect back from the provider (ASVS 3.3.1-3.3.4). In a frame of another site
 * only None is sent, and Partitioned keeps it from following the visitor elsewhere.
 */
export function serializeCookie(name: string, value: string, options: CookieOptions): string {
  const secure = options.secure ? '; Secure' : '';
  const framed = options.embedded && options.secure;
  const site = framed ? 'SameSite=None; Partitioned' : 'SameSite=Lax';
  const fullName = cookieName(name, options.secure);
  return `${fullName}=${value}; Path=/; HttpOnly; ${site}; Max-Age=${options.maxAge}${secure}`;
}

/** All cookies of a request. Values are taken as sent: ours are base64url and need no decoding. */
export function readCookies(request: HttpRequest): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (readHeader(request, 'cookie') ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0) cookies.set(pair.slice(0, equals).trim(), pair.slice(equals + 1).trim());
  }
  return cookies;
}
