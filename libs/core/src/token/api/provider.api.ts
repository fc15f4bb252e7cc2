import type { Connection } from '../../provider/connection.js';
import type { ConnectionClient } from './connection-client.js';
import type { ConnectionClients } from './connection-clients.js';

/** What every `XApi` is; `defineProvider` makes one for a provider. */
export class ProviderApi {
  constructor(
    private readonly clients: ConnectionClients,
    private readonly provider: string,
  ) {}

  /** A client that calls as this connection. */
  for(connection: Connection): ConnectionClient {
    return this.clients.for(connection, this.provider);
  }
}
