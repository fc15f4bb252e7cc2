import type { ControlRoutes } from '../server/control-routes.js';
import type { Emulator } from '../server/emulator.js';
import type { Exchange } from '../server/exchange.js';
import type { Markup } from '../server/markup.js';
import { apiRoute, findApiRoute } from './api.route.js';
import { fluteControl } from './flute-control.js';
import { FLUTE_ENVIRONMENTS } from './flute-environment.js';
import { fluteHomeSection } from './flute-home.js';
import type { FluteSandbox } from './flute-sandbox.js';
import { emptyNotFoundAnswer } from './problem.js';
import { tokenRoute } from './token.route.js';

/**
 * Flute, as the server sees it. Its four hosts are folders here: `/sandbox` and `/production`, each
 * with `/oauth2/token` of the OAuth host and `/v2/…` of the API host.
 */
export class FluteEmulator implements Emulator {
  readonly provider = 'flute';
  readonly mount = '/flute';
  readonly control: ControlRoutes;

  constructor(private readonly sandbox: FluteSandbox) {
    this.control = fluteControl(sandbox);
  }

  handle(exchange: Exchange, path: string): Promise<void> | void {
    const { world } = this.sandbox;
    const { method } = exchange;
    const environment = FLUTE_ENVIRONMENTS.find((name) => path.startsWith(`/${name}/`));
    if (environment !== undefined) {
      const rest = path.slice(environment.length + 1);
      if (method === 'POST' && rest === '/oauth2/token') {
        return tokenRoute(world, environment, exchange);
      }
      const route = findApiRoute(method, rest);
      if (route) return apiRoute(world, environment, route, exchange, rest);
    }
    // What the API host answers where the contract's server list places the token endpoint.
    const misplaced = path.endsWith('/oauth2/token');
    world.records.violate(
      misplaced ? 'token_on_api_host' : 'unknown_route',
      misplaced
        ? 'A token was asked for where the API is; the OAuth host is another one.'
        : `There is no ${method} ${path.slice(0, 200)}.`,
    );
    exchange.send(emptyNotFoundAnswer());
  }

  homeSection(): Markup {
    return fluteHomeSection(this.sandbox);
  }

  state(): unknown {
    const { url, settings, keys, world } = this.sandbox;
    const { records } = world;
    return {
      url,
      settings,
      keys: keys.map(({ client_id, environments }) => ({ client_id, environments })),
      token_calls: records.tokenCalls.total,
      api_calls: records.apiCalls.total,
      violations: records.violations.total,
      deliveries: world.sender.total,
    };
  }

  reset(): void {
    this.sandbox.world.records.clear();
    this.sandbox.webhooks.reset();
  }
}
