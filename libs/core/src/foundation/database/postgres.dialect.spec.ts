import { PostgresDialect } from './postgres.dialect.js';

const OF_THE_SERVER = ['40001', '57014', '23505', 'P0001', 'XX000', 'F0000', 'HV000'];
const OF_THE_SYSTEM = ['EPIPE', 'ECONNRESET', 'ETIMEDOUT', ''];

describe('the dialect of PostgreSQL', () => {
  const dialect = new PostgresDialect('postgres://127.0.0.1/none', 4);
  const isAnswer = (code: string) => dialect.isAnswer({ driverError: { code } });

  it('knows an answer of the server by its SQLSTATE', () => {
    expect(OF_THE_SERVER.filter((code) => !isAnswer(code))).toEqual([]);
    expect(OF_THE_SYSTEM.filter(isAnswer)).toEqual([]);
  });
});
