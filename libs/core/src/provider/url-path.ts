import { FlockError } from '../foundation/errors/flock.error.js';

/**
 * A path or a query whose values are percent-encoded, so that none of them is more than one part of it:
 *
 * ```ts
 * urlPath`/v1/companies/${companyId}/orders`
 * ```
 * @throws FlockError `invalid_request` for `.` and `..`, which lead elsewhere however they are encoded
 */
export const urlPath = (texts: TemplateStringsArray, ...values: readonly string[]): string =>
  String.raw({ raw: texts }, ...values.map(encoded));

function encoded(value: string): string {
  if (value !== '.' && value !== '..') return encodeURIComponent(value);
  throw new FlockError(
    'invalid_request',
    'A value of this path is not usable: it leads elsewhere.',
  );
}
