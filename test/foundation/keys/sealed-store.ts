import { SEALED_TABLES } from '../../../libs/core/src/foundation/sealing/sealed-tables.js';
import { keyIdOf } from '../../../libs/core/src/foundation/sealing/key-id-of.js';
import { parseEncryptionKeys } from '../../../libs/core/src/foundation/sealing/encryption-keys.js';
import { KeyRing } from '../../../libs/core/src/foundation/sealing/key-ring.js';
import type { EncryptionKey } from '../../../libs/core/src/foundation/sealing/key-ring.js';
import { Sealer } from '../../../libs/core/src/foundation/sealing/sealer.js';
import type { TestDatabase } from '../../support/databases.js';

/** Everything sealed in a store as an outsider sees it: its column, its key, whether these keys open it. */
export async function readSealed(database: TestDatabase, keys: string) {
  const sealer = new Sealer(new KeyRing(parseEncryptionKeys(keys) as EncryptionKey[]));
  const found: { column: string; id: string; key: string | undefined; opens: boolean }[] = [];
  for (const { table, columns } of SEALED_TABLES) {
    for (const column of columns) {
      const rows = await database.sql(
        `SELECT id, ${column} AS sealed FROM ${table} WHERE ${column} IS NOT NULL`,
      );
      for (const { id, sealed } of rows) {
        found.push({
          column: `${table}.${column}`,
          id: String(id),
          key: keyIdOf(sealed as Buffer),
          opens: opens(sealer, { table, row: String(id), column }, sealed as Buffer),
        });
      }
    }
  }
  return found;
}

function opens(sealer: Sealer, place: Parameters<Sealer['open']>[0], sealed: Buffer): boolean {
  try {
    return sealer.open(place, sealed) !== '';
  } catch {
    return false;
  }
}
