import type { ControlRoutes } from '../server/control-routes.js';
import type { Emulator } from '../server/emulator.js';
import type { Exchange } from '../server/exchange.js';
import type { Markup } from '../server/markup.js';
import { ApiRoutes } from './api.route.js';
import { buyerRoute } from './buyer.route.js';
import { isBlocked } from './edge.js';
import { FLEX_PAY_ENVIRONMENTS, type FlexPayEnvironment } from './flex-pay-client.js';
import { flexPayControl } from './flex-pay-control.js';
import { flexPayHomeSection } from './flex-pay-home.js';
import type { FlexPaySandbox } from './flex-pay-sandbox.js';
import { edgeRefusal, problem } from './problem.js';
import { TOKEN_PATH, tokenRoute } from './token.route.js';

/** Flex Pay, as the server sees it. */
export class FlexPayEmulator implements Emulator {
  readonly provider = 'flex-pay';
  readonly mount = '/flex-pay';
  readonly control: ControlRoutes;
  private readonly api: ApiRoutes;

  constructor(private readonly sandbox: FlexPaySandbox) {
    this.api = new ApiRoutes(sandbox.world);
    this.control = flexPayControl(sandbox);
  }

  handle(exchange: Exchange, path: string): Promise<void> | void {
    const { world } = this.sandbox;
    const environment = FLEX_PAY_ENVIRONMENTS.find((name) => path.startsWith(`/${name}/`));
    if (environment) return this.route(exchange, environment, path.slice(environment.length + 1));
    world.records.violate('unknown_route', `There is no ${path.slice(0, 200)}.`);
    exchange.send(problem(404, 'There is no such route.', 'NOT_FOUND'));
  }

  homeSection(): Markup {
    return flexPayHomeSection(this.sandbox);
  }

  state(): unknown {
    const { settings, clients, orders, transactions, records } = this.sandbox.world;
    return {
      url: this.sandbox.url,
      settings: { ...settings, card: undefined },
      clients: clients.all.slice(0, 1000).map((one) => ({ ...one, clientSecret: undefined })),
      client_count: clients.count,
      order_count: orders.count,
      transaction_count: transactions.count,
      token_calls: records.tokenCalls.total,
      api_calls: records.apiCalls.total,
      violations: records.violations.total,
    };
  }

  reset(): void {
    this.sandbox.world.records.clear();
  }

  private route(
    exchange: Exchange,
    environment: FlexPayEnvironment,
    path: string,
  ): Promise<void> | void {
    const { world } = this.sandbox;
    const buyer = /^\/redirect\/([^/]{1,100})$/.exec(path)?.[1];
    if (buyer !== undefined) return buyerRoute(world, exchange, buyer);
    if (path === TOKEN_PATH) return tokenRoute(world, exchange, environment);
    if (path.startsWith('/api/')) return this.api.serve(exchange, environment, path);
    if (isBlocked(world, exchange)) return exchange.send(edgeRefusal());
    world.records.violate('unknown_route', `There is no ${path.slice(0, 200)}.`);
    exchange.send(problem(404, 'There is no such route.', 'NOT_FOUND'));
  }
}
