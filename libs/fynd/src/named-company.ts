import { FlockError } from '@nest-flock/core';
import type { HttpRequest } from '@nest-flock/core';

/**
 * The company that a request is about: the route's `:companyId` or `:company_id`, the query's
 * `company_id`, or the header `x-company-id` that the official library reads too.
 * @throws FlockError `invalid_request` when they name different ones: a handler might go by one, the
 * guard by another
 */
export function namedCompany(request: HttpRequest): string | undefined {
  const { params, headers } = request;
  const url = request.originalUrl ?? request.url;
  const mark = url.indexOf('?');
  const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
  const named = new Set(
    [
      params?.companyId,
      params?.company_id,
      ...query.getAll('company_id'),
      headers['x-company-id'],
    ].flatMap((value) => value ?? []),
  );
  if (named.size > 1) {
    throw new FlockError('invalid_request', 'This request names more than one company.');
  }
  return [...named][0];
}
