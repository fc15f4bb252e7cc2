import { Injectable, Optional } from '@nestjs/common';
import { ConnectionClients } from '../token/api/connection-clients.js';
import { ProviderApi } from '../token/api/provider.api.js';
import type { Variables } from '../foundation/configuration/variable.js';
import { ConnectionGuardService } from './guard/connection-guard.service.js';
import { ConnectionGuard } from './guard/connection.guard.js';
import type { ProviderDefinition } from '../provider/provider-definition.js';
import { completed } from '../provider/written-definition.js';
import type { WrittenDefinition } from '../provider/written-definition.js';
import { createProviderHandle } from './provider-handle.js';
import type { ProviderHandle } from './provider-handle.js';
import { createProviderModule } from './provider-module.js';
import type { ProviderModuleClass } from './provider-module.js';

export interface DefinedProvider<V extends Variables> {
  readonly definition: ProviderDefinition<V>;
  /** Base for `class AcmeGuard extends acme.Guard {}`. */
  readonly Guard: new (guard: ConnectionGuardService) => ConnectionGuard;
  /** Base for `class AcmeApi extends acme.Api {}`. */
  readonly Api: new (clients: ConnectionClients) => ProviderApi;
  /** Base for `class AcmeHandle extends acme.Handle {}`, which further classes of the provider inject. */
  readonly Handle: new (...services: never[]) => ProviderHandle<V>;
  /** Base for `class AcmeModule extends acme.Module {}`, which names what it provides. */
  readonly Module: ProviderModuleClass<V>;
}

/**
 * Makes a provider of its definition. The five libraries are written with it, and so is a sixth:
 *
 * ```ts
 * const acme = defineProvider({ provider: 'acme', ... });
 * export class AcmeGuard extends acme.Guard {}
 * export class AcmeApi extends acme.Api {}
 * export class AcmeModule extends acme.Module {
 *   static override readonly provides = [AcmeGuard, AcmeApi];
 * }
 * ```
 */
export function defineProvider<V extends Variables>(
  written: WrittenDefinition<V>,
): DefinedProvider<V> {
  const definition = completed(written);
  const { provider } = definition;

  @Injectable()
  class Guard extends ConnectionGuard {
    /** Read when the routes are checked at the start. */
    static readonly provider = provider;
    // Optional only so that the module can say what is missing, when the core is.
    constructor(@Optional() guard: ConnectionGuardService) {
      super(guard, provider);
    }
  }

  @Injectable()
  class Api extends ProviderApi {
    constructor(@Optional() clients: ConnectionClients) {
      super(clients, provider);
    }
  }

  return {
    definition,
    Guard,
    Api,
    Handle: createProviderHandle(definition),
    Module: createProviderModule(definition),
  };
}
