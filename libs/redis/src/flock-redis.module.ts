import { FlockError } from '@nest-flock/core';
import { ProviderRegistry } from '@nest-flock/core/provider';
import { Fleet } from '@nest-flock/core/fleet';
import { Module } from '@nestjs/common';
import type { DynamicModule, InjectionToken, ModuleMetadata } from '@nestjs/common';
import { readFlockRedisOptions } from './flock-redis.options.js';
import type { FlockRedisOptions } from './flock-redis.options.js';
import { RedisFleet } from './redis-fleet.js';

export interface FlockRedisAsyncOptions<A extends unknown[] = never[]> extends Pick<
  ModuleMetadata,
  'imports'
> {
  readonly inject?: readonly InjectionToken[];
  useFactory(...args: A): FlockRedisOptions | Promise<FlockRedisOptions>;
}

const CORE = Symbol('nest-flock:redis:core');
const FLEET = Symbol('nest-flock:redis:fleet');

/** Joins the instances of an app by Redis. Import it once, beside `FlockModule`. */
@Module({})
export class FlockRedisModule {
  /** Options in code win over `FLOCK_REDIS_*` variables, which are read when the app starts. */
  static forRoot(options: FlockRedisOptions = {}): DynamicModule {
    return FlockRedisModule.forRootAsync({ useFactory: () => options });
  }

  static forRootAsync<A extends unknown[]>(options: FlockRedisAsyncOptions<A>): DynamicModule {
    return {
      module: FlockRedisModule,
      imports: options.imports ?? [],
      providers: [
        {
          provide: CORE,
          inject: [
            { token: ProviderRegistry, optional: true },
            { token: Fleet, optional: true },
          ],
          useFactory: assertCore,
        },
        {
          provide: FLEET,
          inject: [CORE, ...(options.inject ?? [])],
          useFactory: async (core: Core, ...args: unknown[]) =>
            join(core, await options.useFactory(...(args as A))),
        },
      ],
    };
  }
}

interface Core {
  readonly registry: ProviderRegistry;
  readonly fleet: Fleet;
}

function assertCore(registry: ProviderRegistry | undefined, fleet: Fleet | undefined): Core {
  if (registry !== undefined && fleet !== undefined) return { registry, fleet };
  throw new FlockError(
    'configuration_invalid',
    'FlockRedisModule needs the core: add FlockModule.forRoot() to the imports of your root module.',
  );
}

/** The core starts and closes it, each at its time. */
function join({ registry, fleet }: Core, given: FlockRedisOptions): RedisFleet | undefined {
  const { options, problems } = readFlockRedisOptions(given, process.env);
  registry.report(...problems);
  if (problems.length > 0) return undefined;
  const link = new RedisFleet(options, fleet.deploymentId);
  fleet.join(link);
  return link;
}
