import { PostgresDialect } from './postgres.dialect.js';
import type { SqlSession } from './sql-dialect.js';
import { rowStatement } from './statement.js';

const OF_THE_SERVER = ['40001', '57014', '23505', 'P0001', 'XX000', 'F0000', 'HV000'];
const OF_THE_SYSTEM = ['EPIPE', 'ECONNRESET', 'ETIMEDOUT', ''];

describe('the dialect of PostgreSQL', () => {
  const dialect = new PostgresDialect('postgres://127.0.0.1/none', 4);
  const isAnswer = (code: string) => dialect.isAnswer({ driverError: { code } });

  it('knows an answer of the server by its SQLSTATE', () => {
    expect(OF_THE_SERVER.filter((code) => !isAnswer(code))).toEqual([]);
    expect(OF_THE_SYSTEM.filter(isAnswer)).toEqual([]);
  });

  it('sends the binary values of a batch as one, and tells of each where it is, or that it is none', async () => {
    const sent: unknown[] = [];
    const session = {
      query: (_sql: string, values: unknown[]) => {
        sent.push(...values);
        return Promise.resolve({ rows: [] });
      },
    } as unknown as SqlSession;
    const statement = rowStatement<{ body: Buffer | null }>({
      name: 'any',
      table: 'any',
      set: 'body = :body',
      where: '1 = 1',
      parameters: { body: 'bytes' },
      returning: [],
    });
    await dialect.runBatch(session, statement, [
      { id: '1', body: Buffer.from('ab') },
      { id: '2', body: null },
      { id: '3', body: Buffer.from('c') },
    ]);
    expect(sent).toEqual([['1', '2', '3'], Buffer.from('abc'), [1, 3, 3], [2, -1, 1]]);
  });
});
