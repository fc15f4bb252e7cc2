// The database of a run, whose connections can be cut.
import { setTimeout as wait } from 'node:timers/promises';
import { createDatabase as create } from '../kill/database.mjs';

/** How long others wait for a lock on a file. */
const LOCKED_MS = 400;

const CUTS = {
  postgres: (database) =>
    database.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name LIKE 'flock-kill-%'`,
    ),
  mariadb: async (database) => {
    const rows = await database.sql(
      "SELECT id FROM information_schema.processlist WHERE db = database() AND user LIKE 'flock\\_%'",
    );
    for (const { id } of rows) {
      // It may have gone meanwhile.
      await database.sql(`KILL CONNECTION ${Number(id)}`).catch(() => undefined);
    }
  },
  sqlite: async (database) => {
    await database.lock();
    await wait(LOCKED_MS);
    await database.unlock();
  },
};

export async function createDatabase(kind) {
  const database = await create(kind);
  const { sql } = database;
  let tail = Promise.resolve();
  return Object.assign(database, {
    /** One after the other: it is one connection. */
    sql(text, values) {
      const next = tail.then(() => sql.call(database, text, values));
      tail = next.catch(() => undefined);
      return next;
    },
    /** Every connection of the hosts is cut; a file is locked for a moment. */
    cut: () => CUTS[kind](database),
  });
}
