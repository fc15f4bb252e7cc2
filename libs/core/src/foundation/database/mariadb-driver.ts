import type { DataSourceUse } from './sql-dialect.js';

/** What is used of mysql2. */
export interface MySql2 {
  createPool(options: object): MySql2Pool;
}

type Taken = (error: Error | null, connection?: MySql2PoolConnection) => void;

interface MySql2PoolConnection {
  release(): void;
}

interface MySql2Pool {
  getConnection(done: Taken): unknown;
  on(event: 'connection', listener: (connection: MySql2Connection) => void): unknown;
  end(done: (error: Error | null) => void): unknown;
}

export interface MySql2Connection {
  query(options: { sql: string; timeout: number }, done: (error: Error | null) => void): unknown;
  destroy(): void;
  readonly stream: { once(event: 'close', listener: () => void): unknown; destroy(): unknown };
}

/** mysql2 counts the time of a statement from when its turn has come: one that hangs here would hide all others. */
const SETUP_MS = 5_000;
/** mysql2 lets callers wait for a connection without end, a token's commit behind any number of reads. */
const TAKE_WITHIN_MS = 5_000;
/** A server that stands still takes no leave; its connections must not keep the process. */
const LEAVE_WITHIN_MS = 4_000;

/**
 * Every session alike, whatever the server's defaults: too long a value is an error, the assignments
 * of an UPDATE see the row as it was, and a transaction locks only the rows that it changes.
 */
const session = (lockWaitSeconds: number) => [
  `SET innodb_lock_wait_timeout = 4, lock_wait_timeout = ${lockWaitSeconds}, sql_mode = IF(VERSION() LIKE '%MariaDB%',
    'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,SIMULTANEOUS_ASSIGNMENT',
    'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION')`,
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
];
/**
 * Seconds. The server ends what this process no longer waits for, and what a process that was frozen
 * in the middle of a unit keeps locked. MySQL knows neither; it reads this as a comment.
 */
const LIMITS =
  'SET @limits = 1 /*M!100300 , max_statement_time = 5, idle_transaction_timeout = 10 */';

/** mysql2 whose pools prepare each new connection before anybody else uses it. */
export function mariaDbDriver(driver: MySql2, use: DataSourceUse): MySql2 {
  // Readers of the running fleet queue up behind a migration that waits for a table.
  const setup = use === 'migrate' ? session(2) : [...session(4), LIMITS];
  return {
    ...driver,
    createPool: (options) => {
      const pool = driver.createPool(options);
      const open = new Set<MySql2Connection>();
      const take = pool.getConnection.bind(pool);
      pool.getConnection = (done) => take(withDeadline(done));
      const end = pool.end.bind(pool);
      pool.end = (done) => {
        // Its own `destroy()` only ends the stream, which waits for the server.
        const destroyAll = () => open.forEach(({ stream }) => stream.destroy());
        setTimeout(destroyAll, LEAVE_WITHIN_MS).unref();
        return end(done);
      };
      pool.on('connection', (connection) => {
        open.add(connection);
        connection.stream.once('close', () => open.delete(connection));
        // Statements of one connection go in order, so these are the first.
        for (const statement of setup) {
          connection.query({ sql: statement, timeout: SETUP_MS }, (error) => {
            // Not its own `destroy()`, which forgets the statements that wait behind this one.
            if (error !== null) connection.stream.destroy();
          });
        }
      });
      return pool;
    },
  };
}

function withDeadline(done: Taken): Taken {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    done(new Error(`no connection to the database was free within ${TAKE_WITHIN_MS / 1_000} s`));
  }, TAKE_WITHIN_MS);
  return (error, connection) => {
    clearTimeout(timer);
    if (late) connection?.release();
    else done(error, connection);
  };
}
