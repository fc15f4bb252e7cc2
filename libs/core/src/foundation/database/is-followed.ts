/** A write to what instances follow: circuits, and connections whose `changed_at` it moves. */
const FOLLOWED =
  /^\s*(?:(?:INSERT INTO|UPDATE|DELETE FROM) flock_circuit\b|INSERT INTO flock_connection\b|UPDATE flock_connection\b.*\bchanged_at = \{now\})/s;

/** Whether other instances should look at the change feed once this is committed. */
export const isFollowed = (sql: string): boolean => FOLLOWED.test(sql);
