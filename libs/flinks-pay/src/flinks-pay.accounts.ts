import { Injectable } from '@nestjs/common';
import type { Connection, ConnectionClient, ConnectionRef } from '@nest-flock/core';
import { FLINKS_PAY, FlinksPayHandle } from './flinks-pay.definition.js';

/** Whose call it is, and how long it may take. */
export interface FlinksPayCallOptions {
  /** Default: the only account of the only app. */
  readonly connection?: ConnectionRef;
  /** Milliseconds for each request after the token's, default 30,000. */
  readonly timeoutMs?: number;
}

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
  constructor(private readonly flinksPay: FlinksPayHandle) {}

  /** @throws FlockError `not_connected`, `connection_ambiguous`, `unknown_provider` */
  async open({ connection: ref }: FlinksPayCallOptions): Promise<FlinksPayAccount> {
    const { connections, clients, tokens } = this.flinksPay;
    const connection =
      ref === undefined ? await connections.only(FLINKS_PAY) : await connections.get(ref);
    const client = clients.for(connection, FLINKS_PAY);
    const app = this.flinksPay.app(connection.app);
    return {
      connection,
      client,
      baseUrl: app.endpoints(app.place(connection)).api,
      clientUrlsField: app.options.clientUrlsField === 'clientURIs' ? 'clientURIs' : 'clientUrls',
      newToken: () => tokens.getAccessToken(connection.id),
    };
  }
}
