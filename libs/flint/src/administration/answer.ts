import { FlockError } from '@nest-flock/core';
import type { ApiResponse } from '@nest-flock/core';
import { checkPathId, membersOf } from '@nest-flock/core/provider';
import type { Members } from '@nest-flock/core/provider';

const DEEPEST = 64;

/** What a write may be given beside its input. */
export interface FlintWriteOptions {
  /**
   * Sent as `Idempotency-Key`; with it the call may be repeated. Default: one of its own, which the
   * error of an unclear call carries.
   */
  readonly idempotencyKey?: string;
}

/** The members of the answer's `data`; `undefined` where it is no object. */
export const dataOf = ({ data }: ApiResponse<unknown>): Members | undefined =>
  membersOf(membersOf(data)?.data);

export const recordsOf = (value: unknown): readonly Members[] =>
  Array.isArray(value) ? value.map(membersOf).filter((one) => one !== undefined) : [];

/** An object of Flint's, by its own field names, without whatever is called a secret. */
export function withoutSecrets(members: Members): Members {
  return cleanMembers(members, 0);
}

const cleanMembers = (members: Members, depth: number): Members =>
  Object.fromEntries(
    Object.entries(members)
      .filter(([name]) => !/secret/i.test(name))
      .map(([name, value]) => [name, clean(value, depth + 1)]),
  );

/** Below any depth that Flint documents nothing is kept: what nests without end has no reader. */
function clean(value: unknown, depth: number): unknown {
  if (depth > DEEPEST) return null;
  if (Array.isArray(value)) return value.map((one) => clean(one, depth + 1));
  const members = membersOf(value);
  return members === undefined ? value : cleanMembers(members, depth);
}

/** For a success whose body is not the documented one; the body is not passed on. */
export const unreadable = (what: string): FlockError =>
  new FlockError('provider_unavailable', `Flint answered ${what} in an unknown shape.`);

/** As {@link unreadable}, where the call has probably done what it says. */
export function unreadableWrite(
  what: string,
  { idempotencyKey }: ApiResponse<unknown>,
  options: FlintWriteOptions,
): FlockError {
  // Only who named the key can repeat the call without doing it twice.
  const repeatable = options.idempotencyKey !== undefined;
  return new FlockError(
    repeatable ? 'provider_unavailable' : 'outcome_unknown',
    `Flint answered ${what} in an unknown shape; look at Flint whether it was carried out.`,
    { outcome: 'unknown', ...(idempotencyKey !== undefined && { idempotencyKey }) },
  );
}

/** An id of the caller's, which goes into a path. @throws FlockError `invalid_request` */
export const checkId = (value: unknown, field: string): string =>
  checkPathId(value, field, 'an id of Flint');
