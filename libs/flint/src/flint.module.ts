import { flint, FlintHandle } from './flint.definition.js';
import { FlintInstallService } from './flint.install.service.js';

/** `@UseGuards(FlintGuard)`: the request acts for a Flint connection, or is refused. */
export class FlintGuard extends flint.Guard {}

/** Calls Flint as one connection: `flintApi.for(connection).get('/v1/orders')`. */
export class FlintApi extends flint.Api {}

/**
 * `FlintModule.forRoot()` reads `FLINT_*`. Register it again with a `name` for a second Flint app,
 * whose variables are `FLINT_<NAME>_*` and whose routes are below `/flint/<name>`.
 */
export class FlintModule extends flint.Module {
  static override readonly provides = [FlintHandle, FlintApi, FlintGuard, FlintInstallService];
}
