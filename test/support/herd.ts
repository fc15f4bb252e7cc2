import type { Outcomes } from './instance.js';
import { refreshCalls } from './suite.js';
import type { Suite } from './suite.js';

/** Ends a token by age: as if two hours had passed for the database. */
export const expire = (suite: Suite, id: string) =>
  suite.database.sql(
    'UPDATE flock_connection SET expires_at = expires_at - 7200000, refreshed_at = refreshed_at - 7200000 WHERE id = ?',
    [id],
  );

/** However many asked for one expired token, in however many processes: one call, and all have its token. */
export function expectOneCall(suite: Suite, outcomes: readonly Outcomes[]): void {
  expect(outcomes.flatMap(({ errors }) => errors)).toEqual([]);
  expect(new Set(outcomes.flatMap(({ tokens }) => tokens)).size).toBe(1);
  expect(refreshCalls(suite)).toHaveLength(1);
  expect(suite.sandbox.flint.violations).toEqual([]);
}
