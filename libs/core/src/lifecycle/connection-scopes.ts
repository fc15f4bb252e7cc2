import { Injectable } from '@nestjs/common';
import { ConnectionLedger } from '../connection/connection-ledger.js';
import type { ChangedConnection } from '../connection/connection-ledger.js';
import { CHANGE_SCOPES } from '../connection/connection.statements.js';

/** Follows what the provider says is granted. */
@Injectable()
export class ConnectionScopes {
  constructor(private readonly ledger: ConnectionLedger) {}

  /**
   * Nothing changes where the provider has said something newer since.
   * @param scopes joined by spaces
   * @param at the provider's time of it
   */
  async change(row: ChangedConnection, scopes: string, at: number): Promise<void> {
    const { id, generation } = row;
    await this.ledger.change(async (transaction, note) => {
      const changed = await transaction.apply(CHANGE_SCOPES, { id, generation, scopes, at });
      if (changed === undefined) return;
      const trail = { actor: 'provider', action: 'scopes', outcome: 'changed' } as const;
      await note(row, { event: 'scopes_changed', trail });
    });
  }
}
