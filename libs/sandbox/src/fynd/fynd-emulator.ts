import { readBasic, sameSecret } from '../oauth/basic.js';
import { jsonAnswer } from '../server/answer.js';
import type { ControlRoutes } from '../server/control-routes.js';
import type { Emulator } from '../server/emulator.js';
import type { Exchange } from '../server/exchange.js';
import type { Markup } from '../server/markup.js';
import { apiRoute, resourceOf } from './api.route.js';
import { authorizeRoute, decideRoute } from './authorize.route.js';
import { fyndControl } from './fynd-control.js';
import { fyndHomeSection } from './fynd-home.js';
import type { FyndSandbox } from './fynd-sandbox.js';
import type { FyndWorld } from './fynd-world.js';
import { panelRoute } from './panel.route.js';
import { tokenRoute } from './token.route.js';
import { findWebhookRoute, webhookRoute } from './webhook.route.js';

const OAUTH =
  /^\/service\/panel\/authentication\/v1\.0\/company\/([^/]{1,40})\/oauth\/(authorize|token|offline-token)$/;
const PANEL = /^\/panel\/company\/(\d{1,15})$/;
const DETAILS = /^\/service\/panel\/partners\/v1\.0\/extensions\/details\/([^/]{1,128})$/;

/** Fynd, as the server sees it. */
export class FyndEmulator implements Emulator {
  readonly provider = 'fynd';
  readonly mount = '/fynd';
  readonly control: ControlRoutes;
  private readonly world: FyndWorld;

  constructor(private readonly sandbox: FyndSandbox) {
    this.world = sandbox.world;
    this.control = fyndControl(sandbox);
  }

  handle(exchange: Exchange, path: string): Promise<void> | void {
    const { world } = this;
    const { method } = exchange;
    const [, companyId = '', route] = OAUTH.exec(path) ?? [];
    if (route === 'authorize' && method === 'GET')
      return authorizeRoute(world, exchange, companyId);
    if (route === 'authorize' && method === 'POST') return decideRoute(world, exchange, companyId);
    if ((route === 'token' || route === 'offline-token') && method === 'POST') {
      return tokenRoute(world, exchange, companyId, route);
    }
    const webhook = findWebhookRoute(world, exchange, path);
    if (webhook) return webhookRoute(world, exchange, path, webhook);
    const resource = method === 'GET' ? resourceOf(path) : undefined;
    if (resource) return apiRoute(world, exchange, path, resource);
    const [, panelOf] = PANEL.exec(path) ?? [];
    if (method === 'GET' && panelOf !== undefined) {
      return panelRoute(world, exchange, panelOf, this.sandbox);
    }
    if (method === 'GET' && DETAILS.test(path)) return this.details(exchange, path);
    world.records.violate('unknown_route', `There is no ${method} ${path.slice(0, 200)}.`);
    exchange.send(jsonAnswer(404, { message: 'There is no such route.' }));
  }

  homeSection(): Markup {
    return fyndHomeSection(this.sandbox);
  }

  state(): unknown {
    const { settings, companies, records } = this.world;
    return {
      url: this.sandbox.url,
      settings,
      extensions: this.sandbox.extensions.map((one) => ({ ...one, client_secret: undefined })),
      companies,
      token_calls: records.tokenCalls.total,
      api_calls: records.apiCalls.total,
      violations: records.violations.total,
      deliveries: this.world.sender.total,
    };
  }

  reset(): void {
    this.world.records.clear();
    this.world.sender.reset();
  }

  /** What the official libraries compare their configuration with at start. */
  private details(exchange: Exchange, path: string): void {
    const key = DETAILS.exec(path)?.[1] ?? '';
    const basic = readBasic(exchange.header('authorization') ?? '');
    const extension = this.world.extensions.get(key);
    const known =
      extension !== undefined &&
      basic?.id === key &&
      sameSecret(extension.client_secret, basic.secret);
    exchange.send(
      known
        ? jsonAnswer(200, {
            _id: `ext_${key}`,
            name: extension.name,
            base_url: extension.extensionUrl,
            scope: extension.scopes,
          })
        : jsonAnswer(401, { message: 'Unauthorized' }),
    );
  }
}
