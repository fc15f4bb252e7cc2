import type { Connection } from '@nest-flock/core';
import { itemsOf } from './flute.pages.js';
import type { FlutePagesOptions } from './flute.pages.js';
import { flute, FluteHandle } from './flute.definition.js';
import { FluteWebhooks } from './webhooks/flute.webhooks.js';

/** `@UseGuards(FluteGuard)`: the request acts for a Flute account, or is refused. */
export class FluteGuard extends flute.Guard {}

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

/**
 * `FluteModule.forRoot()` reads `FLUTE_*`. Register it again with a `name` for a second Flute app,
 * whose variables are `FLUTE_<NAME>_*`. Flute has no install: a key is all it takes.
 */
export class FluteModule extends flute.Module {
  static override readonly provides = [FluteHandle, FluteApi, FluteGuard, FluteWebhooks];
}
