import { FlockError } from '@nest-flock/core';

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
