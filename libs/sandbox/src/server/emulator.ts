import type { ControlRoutes } from './control-routes.js';
import type { Exchange } from './exchange.js';
import type { Markup } from './markup.js';

/** One emulated provider, as the server sees it. */
export interface Emulator {
  /** Name of the provider, e.g. `flint`. */
  readonly provider: string;
  /** Where it is mounted, e.g. `/flint`. */
  readonly mount: string;
  /** What it answers under `/__sandbox/<provider>/`. */
  readonly control: ControlRoutes;
  /** Answers one request; `path` has lost the mount. */
  handle(exchange: Exchange, path: string): Promise<void> | void;
  /** What it shows on the home page. */
  homeSection(): Markup;
  /** What it adds to `GET /__sandbox/state`. */
  state(): unknown;
  /** Forgets records, keeps registrations and grants. */
  reset(): void;
}
