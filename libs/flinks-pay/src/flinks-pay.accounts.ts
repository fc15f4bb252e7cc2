import { Injectable, Optional } from '@nestjs/common';
import { ConnectionService, TokenService } from '@nest-flock/core';
import { ConnectionClients, ProviderRegistry } from '@nest-flock/core/provider';
import type { Connection, ConnectionClient } from '@nest-flock/core';
import { FLINKS_PAY } from './flinks-pay.definition.js';
import type { FlinksPayCallOptions } from './flinks-pay.call-options.js';

/** Who a call is made for: the connection, its client, its base URL. */
export interface FlinksPayAccount {
  readonly connection: Connection;
  readonly client: ConnectionClient;
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly clientUrlsField: 'clientUrls' | 'clientURIs';
  /** A token that nobody else has or gets. */
  newToken(): Promise<string>;
}

/** Finds the account of a call. */
@Injectable()
export class FlinksPayAccounts {
  constructor(
    // Optional only so that the module can say what is missing, when the core is.
    @Optional() private readonly registry: ProviderRegistry,
    @Optional() private readonly connections: ConnectionService,
    @Optional() private readonly clients: ConnectionClients,
    @Optional() private readonly tokens: TokenService,
  ) {}

  /** @throws FlockError `not_connected`, `connection_ambiguous`, `unknown_provider` */
  async open({ connection: ref }: FlinksPayCallOptions): Promise<FlinksPayAccount> {
    const connection =
      ref === undefined ? await this.connections.only(FLINKS_PAY) : await this.connections.get(ref);
    const client = this.clients.for(connection, FLINKS_PAY);
    const app = this.registry.get(FLINKS_PAY, connection.app);
    const { clientUrlsField } = app.options;
    return {
      connection,
      client,
      baseUrl: app.endpoints(app.place(connection)).api,
      clientUrlsField: clientUrlsField === 'clientURIs' ? clientUrlsField : 'clientUrls',
      newToken: () => this.tokens.getAccessToken(connection.id),
    };
  }
}
