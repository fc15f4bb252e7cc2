import { FyndApi } from './fynd.api.js';
import { fynd, FyndHandle } from './fynd.definition.js';
import { FyndGuard } from './fynd.guard.js';
import { FyndSession } from './fynd.session.js';
import { FyndWebhooks } from './webhooks/fynd.webhooks.js';
import { FyndProxyGuard } from './proxy/fynd-proxy.guard.js';

/**
 * `FyndModule.forRoot()` reads `FYND_*` and answers `/fp/install` and `/fp/auth`. Register it again
 * with a `name` for a second extension, whose variables are `FYND_<NAME>_*` and whose routes are
 * below `/<name>/fp`.
 */
export class FyndModule extends fynd.Module(
  FyndHandle,
  FyndApi,
  FyndGuard,
  FyndSession,
  FyndProxyGuard,
  FyndWebhooks,
) {}
