import { identifierOf, withoutUndefined } from '@nest-flock/core/provider';
import { fieldOf } from './flute.fields.js';

/** A payment that Flute carried through and the issuer or a rule declined. */
export interface FluteDecline {
  /** `declineDetails.code`, where there is one. */
  readonly code?: string;
  readonly transactionId?: string;
}

/**
 * Whether a transaction was declined. Flute answers a decline with status 200 and the
 * `transactionStatus` "Declined", so that a call that succeeds is not yet a payment.
 *
 * @param data the answer of a transaction call, or an item of the list; anything else is no decline
 * @returns the decline, or `undefined` when the transaction was not declined
 */
export function declineOf(data: unknown): FluteDecline | undefined {
  const status = fieldOf(data, 'transactionStatus');
  if (typeof status !== 'string' || status.toLowerCase() !== 'declined') return undefined;
  return withoutUndefined({
    code: identifierOf(fieldOf(fieldOf(data, 'declineDetails'), 'code')),
    transactionId: identifierOf(fieldOf(data, 'transactionId')),
  });
}
