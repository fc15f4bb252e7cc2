import type { Answer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import { errorAnswer, successAnswer } from './envelope.js';

/** One page of a list: `page_size` 1 to 100, default 20, and `page_token`. */
export function pagedAnswer(
  exchange: Exchange,
  rows: readonly unknown[],
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const query = new URLSearchParams(exchange.query);
  const size = Number(query.get('page_size') ?? 20);
  const from = Number(query.get('page_token') ?? 0);
  const wrong = !(Number.isInteger(size) && size >= 1 && size <= 100)
    ? 'page_size'
    : !(Number.isInteger(from) && from >= 0) && 'page_token';
  if (wrong) {
    return errorAnswer(exchange.requestId, 400, `INVALID_${wrong.toUpperCase()}`, {
      message: `${wrong} is not valid.`,
      param: wrong,
    });
  }
  const next = from + size < rows.length ? { next_page_token: String(from + size) } : {};
  return successAnswer(exchange.requestId, rows.slice(from, from + size), headers, 200, next);
}
