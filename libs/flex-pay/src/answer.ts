import { FlockError } from '@nest-flock/core';

/** Members of an answer, told apart from what is no object. */
export const membersOf = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/**
 * For a success whose body is not the documented one. What became of a write is then unknown; the
 * body is not passed on.
 */
export const unreadable = (
  what: string,
  code: 'provider_unavailable' | 'outcome_unknown' = 'provider_unavailable',
): FlockError =>
  new FlockError(code, `Flex Pay answered ${what} in an unknown shape.`, {
    outcome: 'unknown',
  });

/** @throws FlockError `invalid_request`; the value is not repeated */
export const invalid = (field: string, expected: string): FlockError =>
  new FlockError('invalid_request', `"${field}" is not usable; expected ${expected}.`);
