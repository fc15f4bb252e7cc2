import { FlockError } from '../errors/flock.error.js';
import { TooMuchWaits } from './commit-groups.js';
import type { SqlDialect } from './sql-dialect.js';
import { driverErrorCode, isOfTheStatement } from './sql-text.js';

/** The server ended a statement that took too long. */
const OVER_TIME = new Set(['57014', 'ER_STATEMENT_TIMEOUT']);

/** Whether results cannot be stored; a refusal of our own, or of one statement, does not say so. */
export const isTroubleOfWrites = (error: unknown): boolean =>
  !(error instanceof FlockError) && !(error instanceof TooMuchWaits) && !isOfTheStatement(error);

/** Likewise of a read: one that waits for a lock, or takes too long, says nothing of the store. */
export const isTroubleOfReads = (
  error: unknown,
  dialect: Pick<SqlDialect, 'isTransient'>,
): boolean =>
  isTroubleOfWrites(error) &&
  !dialect.isTransient(error) &&
  !OVER_TIME.has(driverErrorCode(error) ?? '');
