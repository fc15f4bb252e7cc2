import { isTroubleOfReads, isTroubleOfWrites } from './is-trouble.js';
import { MariaDbDialect } from './mariadb.dialect.js';
import type { MySql2 } from './mariadb-driver.js';
import { PostgresDialect } from './postgres.dialect.js';

const failed = (code: string) => ({ driverError: { code } });

describe('what says that the store is in trouble', () => {
  const dialects = {
    postgres: new PostgresDialect('postgres://127.0.0.1/none', 4),
    mariadb: new MariaDbDialect('mariadb://127.0.0.1/none', 4, {} as MySql2),
  };

  it.each([
    ['postgres', ['57P01', '57P03', '08P01', '53300', 'ECONNREFUSED', 'EPIPE', '']],
    ['mariadb', ['ER_SERVER_SHUTDOWN', 'ER_CON_COUNT_ERROR', 'ECONNRESET', '']],
  ] as const)(
    'a server of %s that starts, stops or does not answer does, by reads too',
    (name, codes) => {
      expect(codes.filter((code) => !isTroubleOfReads(failed(code), dialects[name]))).toEqual([]);
      expect(codes.filter((code) => !isTroubleOfWrites(failed(code)))).toEqual([]);
    },
  );

  it.each([
    ['postgres', ['55P03', '57014', '42P01']],
    ['mariadb', ['ER_LOCK_WAIT_TIMEOUT', 'ER_STATEMENT_TIMEOUT', 'ER_NO_SUCH_TABLE']],
  ] as const)('a read that is refused for its own sake on %s does not', (name, codes) => {
    expect(codes.filter((code) => isTroubleOfReads(failed(code), dialects[name]))).toEqual([]);
  });
});
