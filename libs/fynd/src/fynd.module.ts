import { fynd, FyndHandle } from './fynd.definition.js';
import { FyndSession } from './fynd.session.js';
import { FyndWebhooks } from './webhooks/fynd.webhooks.js';
import { FyndProxyGuard } from './proxy/fynd-proxy.guard.js';

/**
 * `@UseGuards(FyndGuard)`: the request acts for the user who launched the extension, with that user's
 * rights. `@UseOfflineAccess()` lets a route act with the company's own token instead.
 */
export class FyndGuard extends fynd.Guard {}

/**
 * Calls Fynd as one connection, with paths from the host on, which name the company:
 * `fynd.for(connection).get('/service/platform/configuration/v1.0/company/1/application')`.
 */
export class FyndApi extends fynd.Api {}

/**
 * `FyndModule.forRoot()` reads `FYND_*` and answers `/fp/install` and `/fp/auth`. Register it again
 * with a `name` for a second extension, whose variables are `FYND_<NAME>_*` and whose routes are
 * below `/<name>/fp`.
 */
export class FyndModule extends fynd.Module {
  static override readonly provides = [
    FyndHandle,
    FyndApi,
    FyndGuard,
    FyndSession,
    FyndProxyGuard,
    FyndWebhooks,
  ];
}
