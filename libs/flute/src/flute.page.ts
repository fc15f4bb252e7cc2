import { fieldOf } from './flute.fields.js';

/** One page of a list. */
export type FlutePage<T> = { readonly items: readonly T[] } & (
  | { readonly form: 'pageInfo'; readonly pageIndex: number | undefined; readonly hasMore: boolean }
  | { readonly form: 'total'; readonly total: number }
);

/** Reads either form of a list; `undefined` when the answer is none. */
export function readPage<T>(data: unknown): FlutePage<T> | undefined {
  const items = fieldOf(data, 'items');
  if (!Array.isArray(items)) return undefined;
  const info = fieldOf(data, 'pageInfo');
  if (typeof info === 'object' && info !== null) {
    const pageIndex = numberOf(fieldOf(info, 'pageIndex'));
    return {
      form: 'pageInfo',
      items: items as T[],
      pageIndex,
      hasMore: readHasMore(info, pageIndex),
    };
  }
  const total = numberOf(fieldOf(data, 'total'));
  return total === undefined ? undefined : { form: 'total', items: items as T[], total };
}

/** The contract says `hasMore`; without it the count of items tells. */
function readHasMore(info: object, pageIndex = 0): boolean {
  const hasMore = fieldOf(info, 'hasMore');
  if (typeof hasMore === 'boolean') return hasMore;
  const totalItems = numberOf(fieldOf(info, 'totalItems')) ?? 0;
  const pageSize = numberOf(fieldOf(info, 'pageSize')) ?? totalItems;
  return (pageIndex + 1) * pageSize < totalItems;
}

const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
