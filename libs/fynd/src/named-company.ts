import type { HttpRequest } from '@nest-flock/core';

/**
 * The company that a request is about, when its browser has launched the extension in several: the
 * route's `:companyId` or `:company_id`, the query's `company_id`, or the header `x-company-id` that
 * the official library reads too.
 */
export function namedCompany(request: HttpRequest): string | undefined {
  const { params, headers } = request;
  const url = request.originalUrl ?? request.url;
  const mark = url.indexOf('?');
  const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
  const named = [
    params?.companyId,
    params?.company_id,
    query.get('company_id') ?? undefined,
    headers['x-company-id'],
  ].find((value) => value !== undefined);
  return Array.isArray(named) ? named[0] : named;
}
