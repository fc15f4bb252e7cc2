import { Injectable } from '@nestjs/common';
import { ConnectionLedger } from '../connection/connection-ledger.js';
import type { ChangedConnection } from '../connection/connection-ledger.js';
import { CHANGE_SCOPES, CONFIRM_SCOPES } from '../connection/connection.statements.js';

/** Follows what the provider says is granted. */
@Injectable()
export class ConnectionScopes {
  constructor(private readonly ledger: ConnectionLedger) {}

  /**
   * Nothing changes where the provider has said something newer since. What it says of the scopes that
   * are there is the newest word as well: an older one that comes later does not undo it.
   * @param scopes joined by spaces
   * @param at the provider's time of it
   */
  async follow(
    row: ChangedConnection & { readonly scopes: string },
    scopes: string,
    at: number,
  ): Promise<void> {
    const { id, generation, scopes: known } = row;
    const same = sorted(scopes) === sorted(known);
    await this.ledger.change(async (transaction, note) => {
      // What was read may have changed since: then it is a change after all.
      const confirmed =
        same && (await transaction.apply(CONFIRM_SCOPES, { id, generation, scopes: known, at }));
      if (confirmed) return;
      const changed = await transaction.apply(CHANGE_SCOPES, { id, generation, scopes, at });
      if (changed === undefined) return;
      const trail = { actor: 'provider', action: 'scopes', outcome: 'changed' } as const;
      await note(row, { event: 'scopes_changed', trail });
    });
  }
}

const sorted = (scopes: string): string => scopes.split(' ').sort().join(' ');
