import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { FlockError } from '../../foundation/errors/flock.error.js';
import { ProviderRegistry } from '../../provider/provider.registry.js';
import { ConnectionGuard } from './connection.guard.js';
import { APP_NAME, ENVIRONMENT, SKIP_CONNECTION } from './guard-metadata.js';

/** Where `@UseGuards` keeps its list; part of Nest since its first version. */
const GUARDS = '__guards__';

type Handler = (...args: unknown[]) => unknown;
type ControllerClass = abstract new (...args: never[]) => object;

/** A guard class as `defineProvider` makes it. */
interface ProviderGuardClass {
  readonly provider: string;
}

/** Finds guarded routes that name no app where there are several, or one that does not exist. */
@Injectable()
export class GuardedRoutes {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
    private readonly registry: ProviderRegistry,
  ) {}

  /** @throws FlockError `configuration_invalid` that names every such route. */
  assertClear(): void {
    const problems = this.discovery.getControllers().flatMap(({ metatype }) => {
      if (typeof metatype !== 'function') return [];
      return this.unclear(metatype as unknown as ControllerClass);
    });
    if (problems.length === 0) return;
    throw new FlockError(
      'configuration_invalid',
      `Guarded routes are not clear.\n${problems.join('\n')}`,
    );
  }

  private unclear(controller: ControllerClass): string[] {
    const prototype = controller.prototype as Record<string, Handler>;
    return this.scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler = prototype[name] as Handler;
      const targets = [handler, controller] as unknown as Parameters<
        Reflector['getAllAndOverride']
      >[1];
      if (this.reflector.getAllAndOverride<boolean | undefined>(SKIP_CONNECTION, targets))
        return [];
      const app = this.reflector.getAllAndOverride<string | undefined>(APP_NAME, targets);
      return [...this.providersOf(handler), ...this.providersOf(controller)].flatMap((provider) => {
        const names = this.registry.list(provider).map((one) => one.name);
        const clear = app === undefined ? names.length === 1 : names.includes(app);
        const where = `  - ${controller.name}.${name} (${provider})`;
        if (!clear) {
          return [
            `${where}: expected @UseApp with one of ${names.join(', ') || 'no registered app'}`,
          ];
        }
        const environment = this.reflector.getAllAndOverride<string | undefined>(
          ENVIRONMENT,
          targets,
        );
        const known = this.registry.list(provider)[0]?.definition.environments ?? [];
        if (environment === undefined || known.includes(environment)) return [];
        return [`${where}: expected @UseEnvironment with one of ${known.join(', ')}`];
      });
    });
  }

  private providersOf(target: object): string[] {
    const guards = (Reflect.getMetadata(GUARDS, target) ?? []) as unknown[];
    return guards
      .filter((guard) => typeof guard === 'function' && guard.prototype instanceof ConnectionGuard)
      .map((guard) => (guard as ProviderGuardClass).provider);
  }
}
