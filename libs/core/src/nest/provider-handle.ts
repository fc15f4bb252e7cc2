import { Injectable, Logger, Optional } from '@nestjs/common';
import type { Variables } from '../foundation/configuration/variable.js';
import { TaskService } from '../inbox/task.service.js';
import { InstallService } from '../install/install.service.js';
import { ConnectionService } from '../lifecycle/connection.service.js';
import { Reconciliation } from '../lifecycle/reconciliation/reconciliation.service.js';
import type { ProviderDefinition } from '../provider/provider-definition.js';
import { ProviderRegistry } from '../provider/provider.registry.js';
import type { RegisteredApp } from '../provider/registered-app.js';
import { ConnectionClients } from '../token/api/connection-clients.js';
import { TokenService } from '../token/token.service.js';
import { WebhookSecrets } from '../webhook/webhook-secrets.service.js';
import { assertCore } from './assert-core.js';

/**
 * What the classes of a provider hold on to: their own apps, with the options as they were declared,
 * and the services of the core.
 */
export interface ProviderHandle<V extends Variables = Variables> {
  /** The app of this name, or the provider's only one. @throws FlockError `unknown_provider` */
  app(name?: string): RegisteredApp<V>;
  /** All apps of the provider. */
  apps(): RegisteredApp<V>[];
  /**
   * Keeps the secret of a webhook that was just created, as `secrets.add` does. It is shown once and
   * the webhook exists, so this never throws: a secret that is missing or cannot be stored is one
   * warning in the log.
   * @returns whether it is stored
   */
  keepSecret(
    of: { readonly app: string; readonly tenant?: string },
    secret: string | undefined,
    options?: { readonly overlapSeconds?: number },
  ): Promise<boolean>;
  readonly clients: ConnectionClients;
  readonly connections: ConnectionService;
  readonly tokens: TokenService;
  readonly installs: InstallService;
  readonly secrets: WebhookSecrets;
  readonly tasks: TaskService;
  readonly reconciliation: Reconciliation;
}

const logger = new Logger('NestFlock');

/** What `keepSecret` warns of, for who asked for the webhook. */
export const secretNotStored = (tenant?: string): string =>
  `The webhook's secret was not stored${tenant === undefined ? '' : ` (tenant ${tenant})`}; add it with WebhookSecrets.add, or its deliveries are refused.`;

/** Builds the handle of a provider; a library names it by extending it. */
export function createProviderHandle<V extends Variables>({
  provider,
  title,
}: ProviderDefinition<V>): new (...services: never[]) => ProviderHandle<V> {
  @Injectable()
  class Handle implements ProviderHandle<V> {
    constructor(
      // Optional only so that it can say what is missing, when the core is.
      @Optional() private readonly registry: ProviderRegistry,
      @Optional() readonly clients: ConnectionClients,
      @Optional() readonly connections: ConnectionService,
      @Optional() readonly tokens: TokenService,
      @Optional() readonly installs: InstallService,
      @Optional() readonly secrets: WebhookSecrets,
      @Optional() readonly tasks: TaskService,
      @Optional() readonly reconciliation: Reconciliation,
    ) {
      assertCore(title, registry);
    }

    app(name?: string): RegisteredApp<V> {
      return own(this.registry.get(provider, name));
    }

    apps(): RegisteredApp<V>[] {
      return this.registry.list(provider).map(own);
    }

    async keepSecret(
      of: { app: string; tenant?: string },
      secret: string | undefined,
      options?: { overlapSeconds?: number },
    ): Promise<boolean> {
      // No error is passed on: it may quote what it was about.
      const stored =
        secret !== undefined &&
        (await this.secrets.add({ ...of, provider }, secret, options).then(
          () => true,
          () => false,
        ));
      if (!stored) logger.warn(`${title} (app "${of.app}"): ${secretNotStored(of.tenant)}`);
      return stored;
    }
  }

  /** Under this name only the provider's own module registers apps, and it has read these variables. */
  const own = (app: RegisteredApp) => app as unknown as RegisteredApp<V>;

  return Handle;
}
