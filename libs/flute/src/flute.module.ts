import { FluteApi } from './flute.api.js';
import { flute, FluteHandle } from './flute.definition.js';
import { FluteGuard } from './flute.guard.js';
import { FluteWebhooks } from './webhooks/flute.webhooks.js';

/**
 * `FluteModule.forRoot()` reads `FLUTE_*`. Register it again with a `name` for a second Flute app,
 * whose variables are `FLUTE_<NAME>_*`. Flute has no install: a key is all it takes.
 */
export class FluteModule extends flute.Module(FluteHandle, FluteApi, FluteGuard, FluteWebhooks) {}
