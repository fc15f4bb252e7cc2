export type ParameterKind = 'text' | 'integer' | 'bytes';
export type SqlValue = string | number | Buffer | null;
export type SqlRow = Record<string, unknown>;

/**
 * A declared statement that touches at most one row, found by `:id`. Because it is declared, many
 * of them can share one commit, and on PostgreSQL one round trip. SQL is written once: `:name` is a
 * parameter, `{now}` the database's clock in epoch milliseconds.
 */
export interface RowStatement<P extends Record<string, SqlValue>> {
  readonly name: string;
  readonly table: string;
  readonly set: string;
  /** Further conditions besides `id = :id`. */
  readonly where: string;
  readonly parameters: { readonly [K in keyof P]: ParameterKind };
  /** Columns or expressions to hand back of the changed row, besides `id`. */
  readonly returning: readonly string[];
  /** Token commits go out before everything else. */
  readonly urgent?: boolean;
}

export type ParametersOf<S> = S extends RowStatement<infer P> ? P & { id: string } : never;

export function rowStatement<P extends Record<string, SqlValue>>(
  statement: RowStatement<P>,
): RowStatement<P> {
  return Object.freeze(statement);
}
