import type { IncomingHttpHeaders } from 'node:http';

/** What the library reads of a request; Express and Fastify both fit. */
export interface HttpRequest {
  method: string;
  url: string;
  originalUrl?: string;
  /** The client's address, already resolved by the host's own trust-proxy setting. */
  ip?: string;
  headers: IncomingHttpHeaders;
  params?: Record<string, string | string[] | undefined>;
}

export function readHeader(request: HttpRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The raw query, so that duplicates stay visible whatever parser the host configured. */
export function readQuery(request: HttpRequest): URLSearchParams {
  const url = request.originalUrl ?? request.url;
  const mark = url.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
}

/** The first name that occurs more than once (ASVS 15.3.7). */
export function duplicatedParameter(query: URLSearchParams): string | undefined {
  const seen = new Set<string>();
  for (const name of query.keys()) {
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}
