import type { Connection } from '@nest-flock/core';
import { flute } from './flute.definition.js';
import { itemsOf } from './flute.pages.js';
import type { FlutePagesOptions } from './flute.pages.js';

/** Calls Flute as one connection: `fluteApi.for(connection).get('/v2/transactions')`. */
export class FluteApi extends flute.Api {
  /**
   * All items of a list, page after page, fetched as they are asked for:
   * `for await (const one of fluteApi.pages(connection, '/v2/transactions'))`.
   *
   * Understands `pageIndex` with `pageInfo` and the older `page` with `total`. Items that are added
   * or removed meanwhile can come twice or be passed over: Flute pages by position.
   *
   * @param path below the API's base, beginning with a slash
   * @throws FlockError `invalid_request` for a page size beyond 1 to 100 or a query that counts pages
   * itself; `provider_unavailable` when a page repeats, is empty although more is promised, or is no
   * list; and everything that a call throws
   */
  pages<T = unknown>(
    connection: Connection,
    path: string,
    options: FlutePagesOptions = {},
  ): AsyncGenerator<T, void, undefined> {
    return itemsOf<T>(this.for(connection), path, options);
  }
}
