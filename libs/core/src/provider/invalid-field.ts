import { FlockError } from '../foundation/errors/flock.error.js';
import { pathIdOf } from './read-json.js';

/** For what a caller gave, before anything is sent. The value is not repeated. */
export const invalidField = (field: string, expected: string): FlockError =>
  new FlockError('invalid_request', `"${field}" is not usable; expected ${expected}.`);

/** An id of the caller's, which goes into a path. @throws FlockError `invalid_request` */
export function checkPathId(value: unknown, field: string, expected: string): string {
  const id = pathIdOf(value);
  if (id === undefined) throw invalidField(field, expected);
  return id;
}
