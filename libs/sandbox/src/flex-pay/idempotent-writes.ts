import { hash } from 'node:crypto';
import type { Answer } from '../server/answer.js';
import { problem } from './problem.js';

interface Done {
  readonly sent: string;
  readonly answer: Answer;
}

/**
 * Writes that carry an `Idempotency-Key`: the same key gets the same answer and nothing is done
 * again. What another body gets is not documented; here it is 409. Refusals are not kept.
 */
export class IdempotentWrites {
  private readonly done = new Map<string, Done>();

  /** `owner`: keys of different credentials do not meet. */
  run(owner: string, key: string, request: string, work: () => Answer): Answer {
    const place = `${owner}\n${key}`;
    const sent = hash('sha256', request);
    const before = this.done.get(place);
    if (before && before.sent !== sent) {
      return problem(
        409,
        'This Idempotency-Key was used for another request.',
        'IDEMPOTENCY_KEY_REUSED',
      );
    }
    if (before) return before.answer;
    const answer = work();
    if (answer.status < 300) this.done.set(place, { sent, answer });
    return answer;
  }
}
