import { Injectable } from '@nestjs/common';
import type { Connection } from '@nest-flock/core';
import { readAccount } from './fynd.account.js';
import type { FyndAccount } from './fynd.account.js';
import { FyndHandle } from './fynd.definition.js';

/** Who launched the extension, and the end of that. */
@Injectable()
export class FyndSession {
  constructor(private readonly fynd: FyndHandle) {}

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
    return this.fynd.connections.get({ provider, app, environment, account });
  }

  /** Signs the user out: the online token is erased, the company's stays. Again does nothing. */
  async end(connection: Connection): Promise<void> {
    if (this.of(connection).userId === undefined) return;
    await this.fynd.connections.disconnect(connection.id, { reason: 'session_ended' });
  }
}
