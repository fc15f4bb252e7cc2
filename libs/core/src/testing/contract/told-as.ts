import type { FlockErrorCode } from '../../foundation/errors/error-codes.js';
import type { BadAnswer } from './bad-answers.js';
import type { ContractCapabilities } from './contract-subject.js';

/** Where there is a token to go on with, even a clear no is worth a later try. */
export function toldAs(
  means: BadAnswer['means'],
  { tokenPerUse }: ContractCapabilities,
): FlockErrorCode {
  if (means === 'rejected') return 'app_credentials_rejected';
  return means === 'refused' && tokenPerUse ? 'provider_refused' : 'provider_unavailable';
}
