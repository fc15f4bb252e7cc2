import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { rowStatement } from '../database/statement.js';
import type { RowStatement } from '../database/statement.js';
import { UnsealError } from './sealer.js';
import type { SealPlace } from './sealer.js';
import { SEALED_TABLES } from './sealed-tables.js';
import { SealedValues } from './sealed-values.js';
import { SealingService } from './sealing.service.js';

type Reseal = RowStatement<{ sealed: Buffer; opened: Buffer }>;

/** Nothing else of the row moves, and a value that was replaced meanwhile is left alone. */
const STATEMENTS = new Map<string, Reseal>(
  SEALED_TABLES.flatMap(({ table, columns }) =>
    columns.map((column) => [
      `${table}.${column}`,
      rowStatement<{ sealed: Buffer; opened: Buffer }>({
        name: `reseal_${table}_${column}`,
        table,
        set: `${column} = :sealed`,
        where: `${column} = :opened`,
        parameters: { sealed: 'bytes', opened: 'bytes' },
        returning: [],
      }),
    ]),
  ),
);

/** `changed`: somebody wrote it meanwhile. `unreadable`: left as it is. */
export type ResealOutcome = 'resealed' | 'changed' | 'unreadable';

/** Seals values of the store anew, under the newest key. */
@Injectable()
export class Resealer {
  constructor(
    private readonly database: Database,
    private readonly values: SealedValues,
    private readonly sealing: SealingService,
  ) {}

  async reseal(place: SealPlace): Promise<ResealOutcome> {
    const opened = await this.values.read(place);
    if (opened === undefined) return 'changed';
    let sealed: Buffer;
    try {
      sealed = this.sealing.seal(place, this.sealing.open(place, opened));
    } catch (error) {
      if (error instanceof UnsealError) return 'unreadable';
      throw error;
    }
    const statement = STATEMENTS.get(`${place.table}.${place.column}`) as Reseal;
    const row = await this.database.write(statement, { id: place.row, sealed, opened });
    return row === undefined ? 'changed' : 'resealed';
  }
}
