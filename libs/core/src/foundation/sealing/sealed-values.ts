import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { keyIdOf, SEALED_HEAD } from './key-id-of.js';
import type { SealPlace } from './sealer.js';
import { SEALED_TABLES } from './sealed-tables.js';
import type { SealedTable } from './sealed-tables.js';

/** Rows of one look. */
const PAGE = 1_000;

/** A sealed value and the key that it names; without one it is no sealed value. */
export interface SealedValue {
  readonly place: SealPlace;
  readonly keyId: string | undefined;
}

/** Goes through everything sealed in the store. Reads the first bytes of a value, never opens one. */
@Injectable()
export class SealedValues {
  constructor(private readonly database: Database) {}

  /** A page at a time, table by table, in the order of the ids. */
  async *pages(): AsyncGenerator<readonly SealedValue[]> {
    for (const table of SEALED_TABLES) yield* this.pagesOf(table);
  }

  /** How many values name which key. */
  async count(): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for await (const page of this.pages()) {
      for (const { keyId = '' } of page) counts.set(keyId, (counts.get(keyId) ?? 0) + 1);
    }
    return counts;
  }

  /** The value as it is now. */
  async read({ table, row, column }: SealPlace): Promise<Buffer | undefined> {
    const [found] = await this.database.read(
      `SELECT ${column} AS sealed FROM ${table} WHERE id = :row`,
      { row },
    );
    const sealed = (found?.sealed ?? null) as Buffer | ArrayBuffer | null;
    if (sealed === null) return undefined;
    return sealed instanceof ArrayBuffer ? Buffer.from(new Uint8Array(sealed)) : sealed;
  }

  private async *pagesOf({ table, columns }: SealedTable): AsyncGenerator<readonly SealedValue[]> {
    const heads = columns.map((column) => `substr(${column}, 1, ${SEALED_HEAD}) AS ${column}`);
    for (let after = ''; ;) {
      const rows = await this.database.read(
        `SELECT id, ${heads.join(', ')} FROM ${table}
         WHERE id > :after ORDER BY id LIMIT ${PAGE}`,
        { after },
      );
      if (rows.length === 0) return;
      yield rows.flatMap((row) =>
        columns
          .filter((column) => row[column] !== null)
          .map((column) => ({
            place: { table, row: String(row.id), column },
            keyId: keyIdOf(row[column] as Buffer),
          })),
      );
      after = String(rows.at(-1)?.id);
    }
  }
}
