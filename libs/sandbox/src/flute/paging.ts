import { jsonAnswer, type Answer } from '../server/answer.js';
import type { FluteSettings } from './flute-settings.js';
import { edgeProblemAnswer } from './problem.js';

const DEFAULT_SIZE = 20;
const LARGEST_SIZE = 100;

/** One page of a list, in the form that the settings say; a size beyond 100 is refused. */
export function pageAnswer(
  { paging, firstPage }: FluteSettings,
  query: URLSearchParams,
  rows: readonly unknown[],
): Answer {
  const newer = paging === 'pageInfo';
  const name = newer ? 'pageIndex' : 'page';
  const first = newer ? 0 : firstPage;
  const index = wholeNumber(query.get(name)) ?? first;
  const size = wholeNumber(query.get('pageSize')) ?? DEFAULT_SIZE;
  const wrong = !(index >= first)
    ? name
    : !(size >= 1 && size <= LARGEST_SIZE)
      ? 'pageSize'
      : undefined;
  if (wrong !== undefined) {
    const message = `The value is not valid for ${wrong}.`;
    return edgeProblemAnswer(400, 'One or more validation errors occurred.', {
      [wrong]: [message],
    });
  }
  const from = (index - first) * size;
  const items = rows.slice(from, from + size);
  if (!newer) return jsonAnswer(200, { items, total: rows.length });
  return jsonAnswer(200, {
    items,
    pageInfo: {
      pageIndex: index,
      pageSize: size,
      totalItems: rows.length,
      totalPages: Math.ceil(rows.length / size),
      hasMore: from + items.length < rows.length,
    },
  });
}

/** `undefined` when nothing was sent, NaN when it is no whole number. */
function wholeNumber(text: string | null): number | undefined {
  if (text === null) return undefined;
  return /^\d{1,9}$/.test(text) ? Number(text) : NaN;
}
