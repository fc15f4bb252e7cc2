import type { RegisteredApp } from '../../provider/registered-app.js';
import type { TokenAnswer, TokenOutcome } from '../../provider/token-answer.js';
import type { CircuitKind } from '../endpoint/circuit.service.js';
import type { RenewalFailure } from '../endpoint/renewal-failure.js';

/** What the answer to a renewal means: for the circuits, for the row, for the caller. */
export type Verdict =
  | { readonly kind: 'granted'; readonly answer: TokenAnswer }
  /** The refresh token is not accepted any more; another result may have arrived meanwhile. */
  | { readonly kind: 'grant_refused' }
  | {
      readonly kind: 'failed';
      readonly failure: RenewalFailure;
      /** The provider's wish. */
      readonly retryAfterSeconds?: number;
    };

/** No I/O. An unknown outcome breaks the endpoint when it is met, which may be twice. */
export function verdictOf(
  outcome: TokenOutcome,
  { needsPerson }: Pick<RegisteredApp, 'needsPerson'>,
): Verdict {
  switch (outcome.kind) {
    case 'granted':
      return { kind: 'granted', answer: outcome.answer };
    case 'dead':
      return needsPerson ? { kind: 'grant_refused' } : failed('refused');
    case 'credential_rejected':
      return failed('credential_rejected');
    case 'refused':
      return failed(outcome.error === 'ip_not_allowed' ? 'ip_not_allowed' : 'refused');
    case 'throttled':
      return failed('throttled', outcome.retryAfterSeconds);
    case 'not_sent':
      return failed('not_sent');
    case 'unknown':
      return failed('unknown_outcome', outcome.retryAfterSeconds);
  }
}

/** What an answer proves to work: a definite answer the endpoint, one about the grant the credential too. */
export function provedBy({ kind }: TokenOutcome): readonly CircuitKind[] {
  switch (kind) {
    case 'granted':
    case 'dead':
      return ['endpoint', 'credential'];
    case 'refused':
      return ['endpoint'];
    default:
      return [];
  }
}

const failed = (failure: RenewalFailure, retryAfterSeconds?: number): Verdict => ({
  kind: 'failed',
  failure,
  ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
});
