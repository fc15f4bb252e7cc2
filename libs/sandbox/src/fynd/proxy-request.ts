import { createHash, createHmac } from 'node:crypto';

/** A call of the storefront's proxy, before it is signed. */
export interface FyndProxyRequest {
  /** Default `GET`. */
  readonly method?: string;
  /** With its query. */
  readonly path: string;
  /** Name and port that the call is made to. Default: those of the Extension URL. */
  readonly host?: string;
  /** What `x-user-data` says, as JSON. Default: no such header. */
  readonly user?: unknown;
  /** What `x-application-data` says, as JSON. Default: no such header. */
  readonly application?: unknown;
  /** The body, as it is sent. Default: none. */
  readonly body?: string;
  /** Milliseconds since 1970. Default now. */
  readonly at?: number;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/**
 * The headers of a signed storefront call: `x-fp-signature: v1.1:…`, keyed with the API secret. The
 * rules are those of the platform's own package `@gofynd/fp-signature`.
 */
export function signProxyRequest(
  { method = 'GET', path, host, user, application, body = '', at }: FyndProxyRequest,
  secret: string,
): Record<string, string> {
  const date = new Date(at ?? Date.now()).toISOString().replace(/[:-]|\.\d{3}/g, '');
  const headers: Record<string, string> = {
    ...(host !== undefined && { host }),
    ...(application !== undefined && { 'x-application-data': JSON.stringify(application) }),
    'x-fp-date': date,
    ...(user !== undefined && { 'x-user-data': JSON.stringify(user) }),
  };
  const mark = path.indexOf('?');
  const [pathname, query] = mark < 0 ? [path, ''] : [path.slice(0, mark), path.slice(mark + 1)];
  const names = Object.keys(headers).sort(compare);
  const canonical = [
    method.toUpperCase(),
    canonicalPath(pathname),
    canonicalQuery(query),
    ...names.map((name) => `${name}:${headers[name]?.trim().replace(/\s+/g, ' ')}`),
    '',
    names.join(';'),
    sha256(body),
  ].join('\n');
  const mac = createHmac('sha256', secret)
    .update(`${date}\n${sha256(canonical)}`)
    .digest('hex');
  return { ...headers, 'x-fp-signature': `v1.1:${mac}` };
}

/** Each piece encoded anew; doubled slashes and dots are resolved. */
function canonicalPath(path: string): string {
  const pieces: string[] = [];
  for (const piece of path.replace(/\/{2,}/g, '/').split('/')) {
    if (piece === '..') pieces.pop();
    else if (piece !== '.') pieces.push(encodeURIComponent(decodeURIComponent(piece)));
  }
  const joined = pieces.join('/');
  return joined.startsWith('/') ? joined : `/${joined}`;
}

/** Decoded, by name and then by value; a signature in it does not count. */
function canonicalQuery(query: string): string {
  return [...new URLSearchParams(query)]
    .filter(([name]) => name !== '' && name !== 'x-fp-signature')
    .sort(([name, value], [other, its]) => compare(name, other) || compare(value, its))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}
