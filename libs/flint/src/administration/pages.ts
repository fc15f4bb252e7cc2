import { FlockError } from '@nest-flock/core';
import type { ApiResponse } from '@nest-flock/core';
import { invalidField, membersOf } from '@nest-flock/core/provider';
import { unreadable } from './answer.js';

/** Which page of a list; Flint pages by tokens, and not by a stable snapshot. */
export interface FlintPageQuery {
  /** Items of one page, 1 to 100; default 20. */
  readonly pageSize?: number;
  /** `nextPageToken` of the page before. */
  readonly pageToken?: string;
}

export interface FlintPage<T> {
  readonly items: readonly T[];
  /** Absent on the last page. */
  readonly nextPageToken?: string;
}

export function pageQuery({ pageSize, pageToken }: FlintPageQuery): Record<string, string> {
  if (pageSize !== undefined && !(Number.isInteger(pageSize) && pageSize >= 1 && pageSize <= 100)) {
    throw invalidField('pageSize', 'a whole number from 1 to 100');
  }
  if (pageToken !== undefined && (typeof pageToken !== 'string' || pageToken === '')) {
    throw invalidField('pageToken', 'the nextPageToken of the page before');
  }
  return {
    ...(pageSize !== undefined && { page_size: String(pageSize) }),
    ...(pageToken !== undefined && { page_token: pageToken }),
  };
}

/** @throws FlockError `provider_unavailable` when the answer is no list, or has an unreadable item */
export function readPage<T>(
  { data: body }: ApiResponse<unknown>,
  what: string,
  read: (item: unknown) => T | undefined,
): FlintPage<T> {
  const { data, next_page_token: next } = membersOf(body) ?? {};
  if (!Array.isArray(data)) throw unreadable(what);
  const items = data.map((item) => {
    const found = read(item);
    if (found === undefined) throw unreadable(what);
    return found;
  });
  return { items, ...(typeof next === 'string' && next !== '' && { nextPageToken: next }) };
}

/**
 * All items, page after page, fetched as they are asked for.
 * @throws FlockError `provider_unavailable` when Flint names a page that was read already
 */
export async function* everyItem<T>(
  read: (pageToken?: string) => Promise<FlintPage<T>>,
): AsyncGenerator<T, void, undefined> {
  const seen = new Set<string>();
  let token: string | undefined;
  do {
    const page: FlintPage<T> = await read(token);
    yield* page.items;
    token = page.nextPageToken;
    if (token !== undefined && seen.has(token)) {
      throw new FlockError(
        'provider_unavailable',
        'Flint names the same page again; the list cannot be read on.',
      );
    }
    if (token !== undefined) seen.add(token);
  } while (token !== undefined);
}
