import { FlintApi } from './flint.api.js';
import { flint, FlintHandle } from './flint.definition.js';
import { FlintGuard } from './flint.guard.js';
import { FlintInstallService } from './flint.install.service.js';

/**
 * `FlintModule.forRoot()` reads `FLINT_*`. Register it again with a `name` for a second Flint app,
 * whose variables are `FLINT_<NAME>_*` and whose routes are below `/flint/<name>`.
 */
export class FlintModule extends flint.Module(
  FlintHandle,
  FlintApi,
  FlintGuard,
  FlintInstallService,
) {}
