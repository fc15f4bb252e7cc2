import type { SqlValue } from './statement.js';

const TOKEN = /\{now\}|(?<!:):([a-z_][a-z0-9_]*)/gi;

/** Replaces `{now}` and `:name`; `placeholder` gets the position, from 1. */
export function bindParameters(
  sql: string,
  parameters: Record<string, SqlValue>,
  now: string,
  placeholder: (position: number) => string,
): { sql: string; values: SqlValue[] } {
  const values: SqlValue[] = [];
  const text = sql.replace(TOKEN, (token, name: string | undefined) => {
    if (name === undefined) return now;
    const value = parameters[name];
    if (value === undefined) throw new Error(`SQL parameter :${name} has no value`);
    values.push(value);
    return placeholder(values.length);
  });
  return { sql: text, values };
}

/** The driver's own code, whether TypeORM wrapped the error or not. */
export function driverErrorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, driverError } = error as { code?: unknown; driverError?: { code?: unknown } };
  const found = driverError?.code ?? code;
  return typeof found === 'string' ? found : undefined;
}

/** SQLSTATE classes 22, 23 and 42, and what the others call them. */
const OF_THE_STATEMENT =
  /^(22|23|42)|^ER_(DATA|DUP|TRUNC|BAD|WRONG|WARN|PARSE|NO_SUCH)|^SQLITE_(CONSTRAINT|ERROR|TOOBIG|MISMATCH)/;

/** Whether it was the statement or its values that the database refused; else it is the database itself. */
export const isOfTheStatement = (error: unknown): boolean =>
  OF_THE_STATEMENT.test(driverErrorCode(error) ?? '');
