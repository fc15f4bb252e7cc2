import { Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { FlockError } from '../foundation/errors/flock.error.js';
import { ProviderRegistry } from '../provider/provider.registry.js';
import type { RegisteredApp } from '../provider/registered-app.js';

interface ExpressLike {
  router?: { stack?: readonly { route?: { path?: unknown } }[] };
}

interface FastifyLike {
  hasRoute(route: { method: string; url: string }): boolean;
}

/**
 * Compares each redirect URI with the routes that were really mapped: a global prefix or another
 * path would send every merchant to a 404 after they approved.
 */
@Injectable()
export class MountedRoutes {
  private readonly logger = new Logger('NestFlock');

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly registry: ProviderRegistry,
  ) {}

  /** @throws FlockError `configuration_invalid` that names the URI and the route. */
  assertMounted(): void {
    const instance: unknown = this.adapterHost.httpAdapter?.getInstance();
    if (instance === undefined || instance === null) return;
    for (const app of this.registry.list()) {
      const { redirectUri, routes } = app;
      if (redirectUri === undefined || routes.callback === undefined) continue;
      const { pathname } = new URL(redirectUri);
      const mapped = this.callbackPath(instance, routes.callback, pathname);
      if (mapped !== undefined && mapped !== pathname) throw mismatch(app, pathname, mapped);
    }
  }

  /** Where the callback is mapped; `undefined` when the adapter does not tell. */
  private callbackPath(instance: object, callback: string, wanted: string): string | undefined {
    if (isFastify(instance)) {
      return instance.hasRoute({ method: 'GET', url: wanted }) ? wanted : `…${callback}`;
    }
    const { router } = instance as ExpressLike;
    if (router?.stack === undefined) {
      this.logger.warn(
        'The routes of this HTTP adapter cannot be listed; redirect URIs were not compared.',
      );
      return undefined;
    }
    const paths = router.stack
      .map(({ route }) => route?.path)
      .filter((path): path is string => typeof path === 'string' && path.endsWith(callback));
    return paths.includes(wanted) ? wanted : (paths[0] ?? `…${callback}`);
  }
}

const isFastify = (instance: object): instance is FastifyLike =>
  typeof (instance as Partial<FastifyLike>).hasRoute === 'function';

const mismatch = (app: RegisteredApp, uri: string, mapped: string): FlockError =>
  new FlockError(
    'configuration_invalid',
    `${app.definition.title} (app "${app.name}"): the path of the redirect URI is ${uri}, but the callback is mapped at ${mapped}. ` +
      'Register and configure the redirect URI with that path, or set the module option "path".',
  );
