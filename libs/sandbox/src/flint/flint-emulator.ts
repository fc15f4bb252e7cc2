import type { Emulator } from '../server/emulator.js';
import type { ControlRoutes } from '../server/control-routes.js';
import type { Exchange } from '../server/exchange.js';
import { hostNameOf, isLoopbackName } from '../server/loopback-guard.js';
import type { Markup } from '../server/markup.js';
import { ApiRoutes } from './api.route.js';
import { authorizeRoute, decideRoute, previewRoute } from './authorize.route.js';
import { DeveloperRoutes } from './developer.route.js';
import { errorAnswer } from './envelope.js';
import { flintControl } from './flint-control.js';
import { flintHomeSection } from './flint-home.js';
import type { FlintSandbox } from './flint-sandbox.js';
import type { FlintWorld } from './flint-world.js';
import { tokenRoute } from './token.route.js';

type Route = (world: FlintWorld, exchange: Exchange) => Promise<void>;

const OAUTH_ROUTES: Readonly<Record<string, Route>> = {
  'GET /v1/oauth/authorize': authorizeRoute,
  'POST /v1/oauth/authorize': decideRoute,
  'GET /v1/oauth/authorize/preview': previewRoute,
  'POST /v1/oauth/token': tokenRoute,
};

/** Flint, as the server sees it. */
export class FlintEmulator implements Emulator {
  readonly provider = 'flint';
  readonly mount = '/flint';
  readonly control: ControlRoutes;
  private readonly api: ApiRoutes;
  private readonly developer: DeveloperRoutes;

  constructor(
    private readonly world: FlintWorld,
    private readonly sandbox: FlintSandbox,
  ) {
    this.api = new ApiRoutes(world);
    this.developer = new DeveloperRoutes(world);
    this.control = flintControl(world, sandbox);
  }

  handle(exchange: Exchange, path: string): Promise<void> | void {
    this.checkHost(exchange);
    const key = `${exchange.method} ${path}`;
    const route = Object.hasOwn(OAUTH_ROUTES, key) ? OAUTH_ROUTES[key] : undefined;
    if (route) return route(this.world, exchange);
    const resource = path.startsWith('/v1/') ? path.slice(4) : '';
    const developer = this.developer.find(exchange.method, path);
    if (developer) return this.developer.serve(exchange, path, developer);
    if (this.api.has(exchange.method, resource)) return this.api.serve(exchange, resource);
    this.world.records.violate('unknown_route', `There is no ${key.slice(0, 200)}.`);
    const message = 'There is no such route.';
    exchange.send(errorAnswer(exchange.requestId, 404, 'RESOURCE_NOT_FOUND', { message }));
  }

  homeSection(): Markup {
    return flintHomeSection(this.world, this.sandbox);
  }

  state(): unknown {
    const { settings, directory, installs, records } = this.world;
    return {
      url: this.sandbox.url,
      settings,
      apps: directory.allApps().map((app) => ({ ...app, client_secret: undefined })),
      merchants: directory.merchants.slice(0, 1000),
      merchant_count: directory.merchants.length,
      install_count: installs.count,
      token_calls: records.tokenCalls.total,
      api_calls: records.apiCalls.total,
      violations: records.violations.total,
      webhooks: this.sandbox.webhookEndpoints.map(({ webhook_id, partner_app_id, url }) => ({
        webhook_id,
        partner_app_id,
        url,
      })),
      deliveries: this.world.sender.total,
    };
  }

  reset(): void {
    this.world.records.clear();
    this.world.sender.reset();
  }

  /** A request for this sandbox under the name of another machine went astray. */
  private checkHost(exchange: Exchange): void {
    const host = hostNameOf(exchange.header('host') ?? '');
    if (isLoopbackName(host) || host === hostNameOf(new URL(this.sandbox.url).host)) return;
    this.world.records.violate('wrong_host', `The Host header names ${host.slice(0, 200)}.`);
  }
}
