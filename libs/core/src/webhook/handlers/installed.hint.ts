import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { ConnectionReader } from '../../connection/connection.reader.js';
import type { Connection } from '../../provider/connection.js';
import { ConnectionClients } from '../../token/api/connection-clients.js';
import type { Delivery } from '../../inbox/delivery.js';
import type { DeliveryHandler } from '../../inbox/delivery-handlers.js';
import { CodeExchange } from '../../install/code-exchange.js';
import type { ExchangedCode } from '../../install/code-exchange.js';
import { InstalledConnectionStore } from '../../install/installed-connection.store.js';
import { ProviderRegistry } from '../../provider/provider.registry.js';
import type { RegisteredApp } from '../../provider/registered-app.js';
import { INSTALLED } from '../hint.receiver.js';
import type { HintTask } from '../hint.receiver.js';

/**
 * "The extension was installed", with a code, by somebody who may not be the provider. The code is
 * shown to the provider for that company, and a call with what it buys must succeed, before anything
 * is stored. Nobody owns the connection and nobody has a session until a user launches.
 */
@Injectable()
export class InstalledHint implements DeliveryHandler {
  readonly key = 'nest-flock.installed';
  readonly source = 'task';
  readonly internal = true;

  constructor(
    private readonly registry: ProviderRegistry,
    private readonly reader: ConnectionReader,
    private readonly exchange: CodeExchange,
    private readonly clients: ConnectionClients,
    private readonly installed: InstalledConnectionStore,
  ) {}

  matches({ type }: { type: string }): boolean {
    return type === INSTALLED;
  }

  /** Ends without a word when the provider does not confirm it: a code is shown once. */
  async run(delivery: Delivery): Promise<void> {
    const { hint } = delivery.payload as unknown as HintTask;
    if (hint.kind !== 'installed' || delivery.attempt > 1) return;
    const app = this.registry.get(delivery.provider, delivery.app);
    const { code, request } = hint;
    if (await this.isConnected(app, request)) return;
    const grant = this.exchange
      .grants(app, { code, request })
      .find(({ name }) => name === hint.grant);
    if (grant === undefined) return;
    const granted = await this.exchange
      .exchange(app, { code, request }, grant)
      .catch(() => undefined);
    if (granted === undefined || granted.account.account !== request.account) return;
    if (!(await this.works(app, granted))) return;
    await this.installed.store({
      attemptId: randomUUID(),
      provider: app.provider,
      app: app.name,
      ...granted,
      actor: 'provider',
      transferFrom: [],
      onlyIfNotActive: true,
    });
  }

  private async isConnected(
    app: RegisteredApp,
    { environment, account }: { environment: string; account: string },
  ): Promise<boolean> {
    const { provider, name } = app;
    const found = await this.reader
      .load({ provider, app: name, environment, account })
      .catch(() => undefined);
    return found?.connection.status === 'active';
  }

  private async works(app: RegisteredApp, { account, tokens, scopes }: ExchangedCode) {
    const { definition } = app;
    if (definition.probe === undefined) return false;
    const connection: Connection = {
      id: 'not-stored',
      provider: app.provider,
      app: app.name,
      environment: account.environment,
      account: account.account,
      scopes: scopes.split(' '),
      status: 'active',
      generation: 0,
      installedAt: new Date(),
    };
    return this.clients
      .for(connection, app.provider)
      .get(definition.probe(app.place(connection), app.options), {
        accessToken: tokens.accessToken,
      })
      .then(
        () => true,
        () => false,
      );
  }
}
