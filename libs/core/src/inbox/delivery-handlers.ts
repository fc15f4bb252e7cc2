import { Injectable } from '@nestjs/common';
import { ContextIdFactory, DiscoveryService, MetadataScanner, ModuleRef } from '@nestjs/core';
import { FlockError } from '../foundation/errors/flock.error.js';
import type { KeptEvent } from '../provider/kept-event.js';
import { ProviderRegistry } from '../provider/provider.registry.js';
import type { Delivery, DeliverySource } from './delivery.js';
import { HANDLER } from './handler.decorators.js';
import type { HandlerDeclaration } from './handler.decorators.js';

export interface DeliveryHandler {
  /** Its state is kept under this. */
  readonly key: string;
  readonly source: DeliverySource;
  /** The library's own: it runs before those of the host. */
  readonly internal?: boolean;
  matches(delivery: { provider: string; app: string; type: string }): boolean;
  /** `event`: what was read of it at the door, where it came by one. */
  run(delivery: Delivery, event: KeptEvent | undefined): unknown;
}

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];
type Method = (delivery: Delivery) => unknown;

/** Knows every handler: those of the library, and decorated methods of any provider of the host. */
@Injectable()
export class DeliveryHandlers {
  private readonly handlers = new Map<string, DeliveryHandler>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly moduleRef: ModuleRef,
    private readonly registry: ProviderRegistry,
  ) {}

  add(handler: DeliveryHandler): void {
    this.handlers.set(handler.key, handler);
  }

  /** Finds the decorated methods. @throws FlockError `configuration_invalid` that names each that is wrong */
  discover(): void {
    const problems: string[] = [];
    const seen = new Map<unknown, Set<string>>();
    const controllers = new Set(this.discovery.getControllers());
    for (const wrapper of [...this.discovery.getProviders(), ...controllers]) {
      const prototype = prototypeOf(wrapper);
      if (prototype === undefined) continue;
      for (const method of this.scanner.getAllMethodNames(prototype)) {
        const declared = declarationOf(prototype, method);
        if (declared === undefined) continue;
        const owner = prototype.constructor;
        // One class in several modules is one handler, not several.
        const methods = seen.get(owner) ?? new Set<string>();
        seen.set(owner, methods);
        if (methods.has(method)) continue;
        methods.add(method);
        const key = declared.name ?? `${owner.name}.${method}`;
        if (this.handlers.has(key)) {
          problems.push(
            `  - ${key}: two handlers have this name; give one of them a name of its own`,
          );
          continue;
        }
        if (controllers.has(wrapper) && !isStatic(wrapper)) {
          problems.push(`  - ${key}: a request-scoped controller handles nothing; use a provider`);
        }
        problems.push(...this.unknown(declared, key));
        this.add(this.handlerOf(wrapper, method, key, declared));
      }
    }
    if (problems.length === 0) return;
    throw new FlockError(
      'configuration_invalid',
      `Webhook handlers are not clear.\n${problems.join('\n')}`,
    );
  }

  matching(delivery: { source: DeliverySource; provider: string; app: string; type: string }) {
    return [...this.handlers.values()].filter(
      (handler) => handler.source === delivery.source && handler.matches(delivery),
    );
  }

  get(key: string): DeliveryHandler | undefined {
    return this.handlers.get(key);
  }

  /** A provider that is not registered is a misspelt one: nobody would ever call the handler. */
  private unknown({ provider, app }: HandlerDeclaration, key: string): string[] {
    if (provider === undefined) return [];
    const names = this.registry.list(provider).map(({ name }) => name);
    if (names.length === 0) return [`  - ${key}: there is no app of the provider "${provider}"`];
    if (app === undefined || names.includes(app)) return [];
    return [`  - ${key}: expected the app ${names.join(' or ')}, not "${app}"`];
  }

  private handlerOf(
    wrapper: Wrapper,
    method: string,
    key: string,
    { source, provider, app, pattern }: HandlerDeclaration,
  ): DeliveryHandler {
    const type = matcher(pattern);
    return {
      key,
      source,
      matches: (delivery) =>
        (provider === undefined || delivery.provider === provider) &&
        (app === undefined || delivery.app === app) &&
        type(delivery.type),
      run: async (delivery) => {
        const instance = (await this.instanceOf(wrapper)) as Record<string, Method>;
        return (instance[method] as Method).call(instance, delivery);
      },
    };
  }

  /** A request-scoped class gets an instance for each delivery. */
  private async instanceOf(wrapper: Wrapper): Promise<object> {
    if (isStatic(wrapper)) return wrapper.instance as object;
    const contextId = ContextIdFactory.create();
    return this.moduleRef.resolve(wrapper.token as never, contextId, { strict: false });
  }
}

/** Of a class, also of one whose instances a factory makes. */
function prototypeOf({ metatype, instance }: Wrapper): object | undefined {
  const made: unknown = instance;
  const type = metatype as { prototype?: object } | null;
  if (type?.prototype !== undefined) return type.prototype;
  return typeof made === 'object' && made !== null
    ? (Object.getPrototypeOf(made) as object | undefined)
    : undefined;
}

const isStatic = (wrapper: Wrapper): boolean =>
  wrapper.isDependencyTreeStatic() && !wrapper.isTransient;

function declarationOf(prototype: object, method: string): HandlerDeclaration | undefined {
  const value = (prototype as Record<string, unknown>)[method];
  return typeof value === 'function'
    ? (Reflect.getMetadata(HANDLER, value) as HandlerDeclaration | undefined)
    : undefined;
}

function matcher(pattern: string): (type: string) => boolean {
  if (!pattern.includes('*')) return (type) => type === pattern;
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\/]/g, '\\$&'));
  const expression = new RegExp(`^${parts.join('.*')}$`, 's');
  return (type) => expression.test(type);
}
