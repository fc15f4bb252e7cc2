import { Injectable } from '@nestjs/common';
import type { DeliveryRow } from '../inbox/delivery.row.js';
import type { DeliverySubject } from '../inbox/delivery-subject.js';
import type { Connection } from '../provider/connection.js';
import type { KeptEvent } from '../provider/kept-event.js';
import { ConnectionReader } from './connection.reader.js';
import { connectionsWhere } from './connection-rows.js';
import { toConnection } from './connection.row.js';
import { Database } from '../foundation/database/database.js';
import type { SqlValue } from '../foundation/database/statement.js';
import { FlockError } from '../foundation/errors/flock.error.js';

/** Finds whose connection an event is about. Always within one app; never a guess. */
@Injectable()
export class DeliveryConnection implements DeliverySubject {
  constructor(
    private readonly database: Database,
    private readonly reader: ConnectionReader,
  ) {}

  async connectionOf(
    row: DeliveryRow,
    event: KeptEvent | undefined,
  ): Promise<Connection | undefined> {
    if (row.connection_id !== null) return (await this.load(row.connection_id))?.connection;
    return event && this.find(row, event);
  }

  /** By the account if the event names one, else by what it names, if that is one connection only. */
  private async find(
    { provider, app }: DeliveryRow,
    { account, environment, merchant, install }: KeptEvent,
  ): Promise<Connection | undefined> {
    if (account === undefined && merchant === undefined && install === undefined) return undefined;
    const given = { account, environment, merchant, install };
    const parameters: Record<string, SqlValue> = { provider, app };
    const terms = ['provider = :provider', 'app = :app'];
    for (const [name, value] of Object.entries(given)) {
      if (value === undefined) continue;
      parameters[name] = value;
      terms.push(`${name} = :${name}`);
    }
    // What was withdrawn is named by its account only: a merchant who is back has another.
    if (account === undefined) terms.push("status <> 'revoked'");
    const where = `${terms.join(' AND ')} LIMIT 2`;
    const rows = await connectionsWhere(this.database, where, parameters);
    const [row] = rows;
    return row !== undefined && rows.length === 1 ? toConnection(row) : undefined;
  }

  private load(id: string) {
    return this.reader.load(id).catch((error: unknown) => {
      if (error instanceof FlockError && error.code === 'not_connected') return undefined;
      throw error;
    });
  }
}
