import { MariaDbDialect } from './mariadb.dialect.js';
import type { MySql2 } from './mariadb-driver.js';
import type { SqlSession } from './sql-dialect.js';
import { rowInsert } from './statement.js';

const dialectOf = (url: string) => new MariaDbDialect(url, 4, {} as MySql2);
const INSERT = rowInsert<{ a: string }>({
  name: 'any',
  table: 'any',
  computed: {},
  parameters: { a: 'text' },
  returning: [],
});

describe('the dialect of MariaDB', () => {
  it.each([
    ['mariadb://u:p%40@[::1]/flock', { host: '::1', port: 3306, password: 'p@' }],
    ['mariadb://u@db.example:3307/flock?ssl=true', { host: 'db.example', port: 3307, ssl: {} }],
  ])('reads %s', (url, expected) => {
    expect(dialectOf(url).dataSourceOptions('write')).toMatchObject({
      ...expected,
      username: 'u',
      database: 'flock',
    });
  });

  it('asks for TLS only where the URL says so', () => {
    const options = dialectOf('mariadb://u@db.example/flock').dataSourceOptions('write');
    expect(options).not.toHaveProperty('ssl');
  });

  it.each([[[{ taken: 0 }]], [[{ taken: null }]], [[]]])(
    'a lock that is not free in time is an error: %j',
    async (rows) => {
      const session = { query: () => Promise.resolve({ rows }) } as unknown as SqlSession;
      const locked = dialectOf('mariadb://u@db.example/flock').lockKey(session, 'a');
      await expect(locked).rejects.toThrow('not free within 4 s');
    },
  );

  it('leaves out a row that is there already, and passes on every other refusal', async () => {
    const dialect = dialectOf('mariadb://u@db.example/flock');
    const refusing = (code: string) =>
      ({
        query: () => Promise.reject(Object.assign(new Error('refused'), { code })),
      }) as unknown as SqlSession;
    const insert = (code: string) =>
      dialect.runBatch(refusing(code), INSERT, [{ id: '1', a: 'x' }]);
    expect(await insert('ER_DUP_ENTRY')).toEqual([]);
    await expect(insert('ER_DATA_TOO_LONG')).rejects.toThrow('refused');
  });
});
