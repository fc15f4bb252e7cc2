import type { TestDatabase } from './databases.js';

/** The store refuses every new token set, at once, until what is given back is called. */
export async function refuseTokens(database: TestDatabase): Promise<() => Promise<unknown>> {
  if (database.name === 'sqlite') {
    await database.sql(`CREATE TRIGGER refuse_tokens BEFORE UPDATE OF token_set ON flock_connection
      BEGIN SELECT RAISE(ABORT, 'refused by a test'); END`);
    return () => database.sql('DROP TRIGGER refuse_tokens');
  }
  if (database.name !== 'postgres') {
    await database.sql(`CREATE TRIGGER refuse_tokens BEFORE UPDATE ON flock_connection FOR EACH ROW
      IF NOT (NEW.token_set <=> OLD.token_set) THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused by a test'; END IF`);
    return () => database.sql('DROP TRIGGER refuse_tokens');
  }
  await database.sql(`CREATE FUNCTION refuse_tokens() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'refused by a test'; END $$`);
  await database.sql(`CREATE TRIGGER refuse_tokens BEFORE UPDATE OF token_set ON flock_connection
    FOR EACH ROW EXECUTE FUNCTION refuse_tokens()`);
  return () => database.sql('DROP FUNCTION refuse_tokens CASCADE');
}
