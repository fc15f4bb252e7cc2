import { FlockError } from '@nest-flock/core';
import type { ApiRequestOptions, ConnectionClient } from '@nest-flock/core';
import { readPage } from './flute.page.js';
import type { FlutePage } from './flute.page.js';

/** How a list is walked through. */
export interface FlutePagesOptions extends Pick<
  ApiRequestOptions,
  'query' | 'headers' | 'fresh' | 'signal' | 'timeoutMs'
> {
  /** Items of one call, 1 to 100; default 100. */
  readonly pageSize?: number;
}

const LARGEST_PAGE = 100;
/** Ours to count. */
const COUNTED = ['pageIndex', 'page', 'pageSize'];

type Read<T> = (place: Readonly<Record<string, number>>) => Promise<FlutePage<T>>;

/** All items of a list; see `FluteApi.pages`. */
export async function* itemsOf<T>(
  client: Pick<ConnectionClient, 'get'>,
  path: string,
  options: FlutePagesOptions,
): AsyncGenerator<T, void, undefined> {
  const { pageSize = LARGEST_PAGE, query = {}, ...request } = options;
  checkOptions(pageSize, query);
  const read: Read<T> = async (place) => {
    const { data } = await client.get(path, {
      ...request,
      query: { ...query, pageSize, ...place },
    });
    const page = readPage<T>(data);
    if (page === undefined) throw unusable('is no list');
    return page;
  };
  // The first page goes without a number: which one it has depends on the form of the list.
  const first = await read({});
  yield* first.items;
  if (first.form === 'pageInfo') yield* byIndex(first, read);
  else yield* byNumber(first, read);
}

async function* byIndex<T>(
  first: FlutePage<T> & { form: 'pageInfo' },
  read: Read<T>,
): AsyncGenerator<T, void, undefined> {
  let page = first;
  let index = first.pageIndex ?? 0;
  while (page.hasMore) {
    if (page.items.length === 0) throw unusable('is empty and promises more');
    index += 1;
    const next = await read({ pageIndex: index });
    if (next.form !== 'pageInfo') throw unusable('changes its form between pages');
    if ((next.pageIndex ?? index) !== index || isSame(next, page)) {
      throw unusable('gives the same page again');
    }
    yield* next.items;
    page = next;
  }
}

async function* byNumber<T>(
  first: FlutePage<T> & { form: 'total' },
  read: Read<T>,
): AsyncGenerator<T, void, undefined> {
  let page = first;
  let seen = first.items.length;
  let number = 0;
  while (seen < page.total) {
    if (page.items.length === 0) throw unusable('ends before its total');
    number += 1;
    let next = await read({ page: number });
    // Flute's sources disagree whether pages count from 0 or 1: the first one again means from 1.
    if (number === 1 && startsAs(next, first)) next = await read({ page: (number += 1) });
    if (next.form !== 'total') throw unusable('changes its form between pages');
    if (isSame(next, page)) throw unusable('gives the same page again');
    yield* next.items;
    seen += next.items.length;
    page = next;
  }
}

const isSame = (one: FlutePage<unknown>, other: FlutePage<unknown>): boolean =>
  one.items.length > 0 && textOf(one.items) === textOf(other.items);

/** Whether the first item of `first` is among those of `page`, which may have newer ones before it. */
function startsAs(page: FlutePage<unknown>, first: FlutePage<unknown>): boolean {
  const start = textOf(first.items[0]);
  return page.items.some((item) => textOf(item) === start);
}

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    throw unusable('nests too deep');
  }
}

function checkOptions(pageSize: number, query: NonNullable<FlutePagesOptions['query']>): void {
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > LARGEST_PAGE) {
    throw new FlockError(
      'invalid_request',
      `pageSize is not usable; expected a whole number from 1 to ${LARGEST_PAGE}.`,
    );
  }
  const counted = COUNTED.find((name) => query[name] !== undefined);
  if (counted === undefined) return;
  throw new FlockError(
    'invalid_request',
    `${counted} does not belong in the query of pages(), which counts itself; set pageSize beside the query, or call get() for one page.`,
  );
}

const unusable = (what: string): FlockError =>
  new FlockError('provider_unavailable', `Flute's answer ${what}; the list cannot be read on.`);
