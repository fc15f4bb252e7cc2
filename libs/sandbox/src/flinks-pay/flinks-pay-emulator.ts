import type { ControlRoutes } from '../server/control-routes.js';
import type { Emulator } from '../server/emulator.js';
import type { Exchange } from '../server/exchange.js';
import type { Markup } from '../server/markup.js';
import { apiRoute, findApiRoute } from './api.route.js';
import { authorizeRoute } from './authorize.route.js';
import { flinksPayControl } from './flinks-pay-control.js';
import { flinksPayHomeSection } from './flinks-pay-home.js';
import type { FlinksPaySandbox } from './flinks-pay-sandbox.js';
import { hostedRoute } from './hosted.route.js';
import { problemAnswer } from './problem.js';

/** FlinksPay, as the server sees it. */
export class FlinksPayEmulator implements Emulator {
  readonly provider = 'flinks-pay';
  readonly mount = '/flinks-pay';
  readonly control: ControlRoutes;

  constructor(private readonly sandbox: FlinksPaySandbox) {
    this.control = flinksPayControl(sandbox);
  }

  handle(exchange: Exchange, path: string): Promise<void> | void {
    const { world } = this.sandbox;
    const { method } = exchange;
    const place = world.customers.locate(path);
    if (place) {
      const { customer, path: rest } = place;
      if (method === 'POST' && rest === '/api/v1/authorize') {
        return authorizeRoute(world, customer, exchange);
      }
      const isPage = rest === '/app/' || rest === '/app';
      if (isPage && (method === 'GET' || method === 'POST')) {
        return hostedRoute(world, customer, exchange);
      }
      const route = findApiRoute(method, rest);
      if (route) return apiRoute(world, customer, route, exchange, rest);
    }
    world.records.violate('unknown_route', `There is no ${method} ${path.slice(0, 200)}.`);
    exchange.send(problemAnswer(404, 'There is no such route.'));
  }

  homeSection(): Markup {
    return flinksPayHomeSection(this.sandbox);
  }

  state(): unknown {
    const { url, settings, customers, world } = this.sandbox;
    const { records } = world;
    return {
      url,
      settings,
      customers: customers.map(({ name, username, url: base }) => ({ name, username, url: base })),
      session_count: this.sandbox.sessions.length,
      token_calls: records.tokenCalls.total,
      api_calls: records.apiCalls.total,
      violations: records.violations.total,
      deliveries: this.sandbox.webhooks.total,
    };
  }

  reset(): void {
    this.sandbox.world.records.clear();
    this.sandbox.webhooks.reset();
  }
}
