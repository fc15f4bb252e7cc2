import type { DynamicModule, InjectionToken, ModuleMetadata, Type } from '@nestjs/common';
import { readOptions, variablePrefix } from '../foundation/configuration/read-options.js';
import type { ConfigurationProblem } from '../foundation/configuration/read-options.js';
import { variable } from '../foundation/configuration/variable.js';
import type { OptionsOf, Variables } from '../foundation/configuration/variable.js';
import { createInstallController } from '../install/install.controller.js';
import { createHintController, createWebhookController } from '../webhook/webhook.controller.js';
import type { InstallHooks } from '../provider/app-hooks.js';
import { unusableSecrets } from '../webhook/unusable-secrets.js';
import { assertCore } from './assert-core.js';
import { createDisconnectController } from './disconnect.controller.js';
import { insecureUrls } from './insecure-urls.js';
import type { ProviderDefinition } from '../provider/provider-definition.js';
import type { InstallPaths } from '../provider/install-definition.js';
import { ProviderRegistry } from '../provider/provider.registry.js';
import { RegisteredApp } from '../provider/registered-app.js';
import type { AppRoutes } from '../provider/registered-app.js';

/** What must be known before anything is injected. */
export interface ProviderModuleShape {
  /** Default: the provider's name. A second app needs a name of its own. */
  readonly name?: string;
  /** Where the routes go; default the provider's name, or `<provider>/<name>` for a named app. */
  readonly path?: string;
  /** `false` mounts no controller: the host writes its own with the install service. */
  readonly controllers?: boolean;
  /** Class decorators for the mounted controllers, such as the host's own `Public()`. */
  readonly decorators?: readonly ClassDecorator[];
}

/** Every option may instead come from the environment; see the library's README. */
export type ProviderModuleOptions<V extends Variables> = Partial<OptionsOf<V>> & {
  /** What the host decides about installs and requests. */
  readonly hooks?: InstallHooks;
  /**
   * Token calls a second that the whole fleet may make to one endpoint, and at once; without
   * `@nest-flock/redis` each process by itself. Default: no ceiling.
   */
  readonly ratePerSecond?: number;
};

/** What every app has besides the variables of its provider. */
const APP_VARIABLES = {
  ratePerSecond: variable.optionalNumber({ env: 'RATE_PER_SECOND', min: 0.01, max: 100_000 }),
};

export interface ProviderModuleAsyncOptions<V extends Variables, A extends unknown[] = never[]>
  extends ProviderModuleShape, Pick<ModuleMetadata, 'imports'> {
  readonly inject?: readonly InjectionToken[];
  useFactory(...args: A): ProviderModuleOptions<V> | Promise<ProviderModuleOptions<V>>;
}

export interface ProviderModuleClass<V extends Variables> {
  new (): object;
  /** The classes that the module provides and exports everywhere. */
  readonly provides: readonly Type[];
  /** Options in code win over the environment, which is read when the app starts. */
  forRoot(options?: ProviderModuleShape & ProviderModuleOptions<V>): DynamicModule;
  forRootAsync<A extends unknown[]>(options: ProviderModuleAsyncOptions<V, A>): DynamicModule;
}

/** Where the routes of a provider are, unless its definition says otherwise. */
const usualPaths = (provider: string): InstallPaths => ({
  base: (name) => (name === provider ? name : `${provider}/${name}`),
  install: 'install',
  callback: 'oauth/callback',
});

/** Builds the module class of a provider; a library names it by extending it. */
export function createProviderModule<V extends Variables>(
  definition: ProviderDefinition<V>,
): ProviderModuleClass<V> {
  return class ProviderModule {
    static readonly provides: readonly Type[] = [];

    static forRoot(options: ProviderModuleShape & ProviderModuleOptions<V> = {}): DynamicModule {
      const { name, path, controllers, decorators, ...rest } = options;
      return this.forRootAsync({
        ...(name !== undefined && { name }),
        ...(path !== undefined && { path }),
        ...(controllers !== undefined && { controllers }),
        ...(decorators !== undefined && { decorators }),
        useFactory: () => rest as ProviderModuleOptions<V>,
      });
    }

    static forRootAsync<A extends unknown[]>(
      options: ProviderModuleAsyncOptions<V, A>,
    ): DynamicModule {
      const name = options.name ?? definition.provider;
      const paths = definition.install?.paths ?? usualPaths(definition.provider);
      const path = options.path ?? paths.base(name);
      const mounted = options.controllers !== false && definition.install !== undefined;
      const decorators = options.decorators ?? [];
      const app = Symbol(`nest-flock:app:${definition.provider}/${name}`);
      const core = Symbol(`nest-flock:core:${definition.provider}/${name}`);
      return {
        module: this,
        global: true,
        imports: options.imports ?? [],
        controllers: [
          // First: routers look for a route from the top, and these are called the most.
          ...(options.controllers === false
            ? []
            : webhookControllers(definition, name, path, decorators)),
          ...(mounted
            ? [
                createInstallController(
                  definition.provider,
                  name,
                  { path, install: paths.install, callback: paths.callback },
                  decorators,
                ),
                createDisconnectController(definition.provider, name, path, decorators),
              ]
            : []),
        ],
        providers: [
          {
            provide: core,
            inject: [{ token: ProviderRegistry, optional: true }],
            useFactory: (registry: ProviderRegistry | undefined) => {
              assertCore(definition.title, registry);
              return registry;
            },
          },
          ...this.provides,
          {
            provide: app,
            inject: [core, ...(options.inject ?? [])],
            useFactory: async (registry: ProviderRegistry, ...args: A) =>
              register(
                definition,
                name,
                mounted ? routesOf(path, paths) : {},
                registry,
                await options.useFactory(...args),
              ),
          },
        ],
        exports: [...this.provides],
      };
    }
  };
}

/** Where the provider's webhooks arrive, and its unsigned posts. */
function webhookControllers<V extends Variables>(
  { provider, webhooks }: ProviderDefinition<V>,
  name: string,
  path: string,
  decorators: readonly ClassDecorator[],
): Type[] {
  if (webhooks === undefined) return [];
  const routes = {
    path,
    webhooks: webhooks.path ?? 'webhooks',
    tenants: webhooks.tenants === true,
  };
  return [
    createWebhookController(provider, name, routes, decorators),
    ...(webhooks.hints ?? []).map((hint) =>
      createHintController(provider, name, { path, name: hint.path }, decorators),
    ),
  ];
}

const routesOf = (path: string, { install, callback }: InstallPaths): AppRoutes => ({
  install: `/${path}/${install}`,
  callback: `/${path}/${callback}`,
});

function register<V extends Variables>(
  definition: ProviderDefinition<V>,
  name: string,
  routes: AppRoutes,
  registry: ProviderRegistry,
  given: ProviderModuleOptions<V>,
): RegisteredApp | undefined {
  const { hooks, ...code } = given;
  const prefix = variablePrefix(definition.provider, name);
  const variables: V & typeof APP_VARIABLES = { ...APP_VARIABLES, ...definition.variables };
  const { options, problems } = readOptions(
    variables,
    prefix,
    code as Partial<OptionsOf<typeof variables>>,
    process.env,
  );
  if (problems.length > 0) {
    registry.report(...problems);
    return undefined;
  }
  const { ratePerSecond } = options as OptionsOf<typeof APP_VARIABLES>;
  const own = options as OptionsOf<V>;
  const app = new RegisteredApp(definition, name, own, hooks ?? {}, routes, ratePerSecond);
  const unusable = [...(definition.check?.(own) ?? []), ...unusableSecrets(app)];
  const found: ConfigurationProblem[] = (unusable.length > 0 ? unusable : insecureUrls(app)).map(
    (message) => ({ variable: `${definition.title} (${prefix}*)`, message }),
  );
  registry.report(...found);
  if (found.length === 0) registry.add(app);
  return app;
}
