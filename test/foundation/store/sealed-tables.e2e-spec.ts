import { SEALED_TABLES } from '../../../libs/core/src/foundation/sealing/sealed-tables.js';
import { tables } from './tables/index.js';

describe('sealed tables', () => {
  it('F35: are all binary columns of the schema, so that none is forgotten when keys rotate', () => {
    const binary = tables({ bytes: 'blob', longText: 'text' }).flatMap(
      ({ options: { tableName, columns } }) =>
        Object.entries(columns)
          .filter(([, column]) => column?.type === 'blob')
          .map(([column]) => `${tableName}.${column}`),
    );
    const sealed = SEALED_TABLES.flatMap(({ table, columns }) =>
      columns.map((column) => `${table}.${column}`),
    );
    expect(sealed.sort()).toEqual(binary.sort());
  });
});
