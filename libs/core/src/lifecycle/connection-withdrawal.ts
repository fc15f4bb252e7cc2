import { Injectable } from '@nestjs/common';
import { ConnectionLedger } from '../connection/connection-ledger.js';
import type { ChangedConnection, ConnectionChange } from '../connection/connection-ledger.js';
import { END, END_OWING_TOKENS, END_OWING_WORD } from '../connection/connection.statements.js';
import type { RevocationWay } from './revocation/revocation.service.js';

/** What stays on the row until the provider has been told. */
const ENDS = { none: END, token: END_OWING_TOKENS, withdrawal: END_OWING_WORD } as const;

/** Ends connections here: obeyed at once, whatever is in flight. */
@Injectable()
export class ConnectionWithdrawal {
  constructor(private readonly ledger: ConnectionLedger) {}

  /** Because the provider has ended it. `false` when it had ended, or a newer install has taken its place. */
  run(row: ChangedConnection, reason: string): Promise<boolean> {
    return this.end(row, 'none', reason, { actor: 'provider', action: 'uninstall' });
  }

  /** @param owing how the provider is told afterwards */
  async end(
    row: ChangedConnection,
    owing: RevocationWay,
    reason: string,
    by: Pick<ConnectionChange['trail'], 'actor' | 'action'>,
  ): Promise<boolean> {
    const { id, generation } = row;
    const ended = await this.ledger.change(async (transaction, note) => {
      const changed = await transaction.apply(ENDS[owing], { id, generation, reason });
      if (changed === undefined) return false;
      const trail = { ...by, outcome: 'revoked', reason };
      await note(row, { event: 'revoked', reason, trail });
      return true;
    });
    if (!ended) this.ledger.doubt(id);
    return ended;
  }
}
