import { FlockError } from '../foundation/errors/flock.error.js';
import { isInstallRefusal } from './install-refusals.js';
import type { InstallRefusal } from './install-refusals.js';

export interface RefusalDetails {
  /** Our own words for the page, in place of the usual text. */
  readonly detail?: string;
  /** Of the attempt, so that "Start again" leads to the same one. */
  readonly environment?: string;
  readonly account?: string;
}

/** A refusal of the flow: the page's code, and the precise reason for audit and metrics. */
export class Refusal extends Error {
  constructor(
    readonly code: InstallRefusal,
    readonly reason: string,
    readonly details: RefusalDetails = {},
  ) {
    super(code);
  }
}

/** Every error of the flow as a refusal, of the attempt's environment where there is an attempt. */
export function toRefusal(
  error: unknown,
  place: Pick<RefusalDetails, 'environment' | 'account'> = {},
): Refusal {
  if (error instanceof Refusal) {
    return new Refusal(error.code, error.reason, { ...place, ...error.details });
  }
  // Not passed on: errors of drivers quote statements and values.
  if (!(error instanceof FlockError)) return new Refusal('install_failed', 'internal_error', place);
  if (isInstallRefusal(error.code)) {
    return new Refusal(error.code, error.code, { ...place, detail: error.message });
  }
  // Everything else that can go wrong in an exchange reads the same to a merchant.
  return new Refusal('install_failed', error.code, place);
}
