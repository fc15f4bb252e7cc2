import { Injectable, Optional } from '@nestjs/common';
import { ConnectionService } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { readAccount } from './fynd.account.js';
import type { FyndAccount } from './fynd.account.js';

/** Who launched the extension, and the end of that. */
@Injectable()
export class FyndSession {
  constructor(
    // Optional only so that the module can say what is missing, when the core is.
    @Optional() private readonly connections: ConnectionService,
  ) {}

  /** The company and, of an online connection, the user. */
  of(connection: Connection): FyndAccount {
    return readAccount(connection.account);
  }

  /**
   * The company's own connection, for work that goes on after the user has left.
   * @throws FlockError `not_connected` when the company has none
   */
  company(connection: Connection): Promise<Connection> {
    const { provider, app, environment } = connection;
    const account = this.of(connection).companyId;
    return this.connections.get({ provider, app, environment, account });
  }

  /** Signs the user out: the online token is erased, the company's stays. Again does nothing. */
  async end(connection: Connection): Promise<void> {
    if (this.of(connection).userId === undefined) return;
    await this.connections.disconnect(connection.id, { reason: 'session_ended' });
  }
}
