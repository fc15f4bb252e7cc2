import { hash, randomUUID } from 'node:crypto';
import type { Answer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import { errorAnswer, successAnswer } from './envelope.js';

/** What a write made. */
export interface Done {
  readonly status: number;
  readonly data: unknown;
}

/** Writes with an `Idempotency-Key`: a key that comes again yields the first success. */
export class IdempotentWrites {
  private readonly done = new Map<string, Done & { readonly sent: string }>();

  /** `place`: where the key counts. A refusal that `work` returns is not kept. */
  run(
    exchange: Exchange,
    place: string,
    body: string,
    headers: Readonly<Record<string, string>>,
    work: () => Done | Answer,
  ): Answer {
    const key = exchange.header('idempotency-key') ?? randomUUID();
    const at = `${place} ${key}`;
    const sent = hash('sha256', body);
    const before = this.done.get(at);
    if (before && before.sent !== sent) {
      const message = 'This Idempotency-Key was used with another body.';
      return errorAnswer(exchange.requestId, 409, 'IDEMPOTENCY_KEY_REUSED', { message });
    }
    const made = before ?? work();
    if ('body' in made) return made;
    // What is answered again must not change with the object.
    if (!before) this.done.set(at, { ...made, data: structuredClone(made.data), sent });
    return successAnswer(
      exchange.requestId,
      made.data,
      { ...headers, 'idempotency-key': key, ...(before && { 'idempotency-replayed': 'true' }) },
      made.status,
    );
  }
}
