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
  /** Whether other instances should look at the change feed, by the row handed back. Default: never. */
  readonly follows?: (row: SqlRow) => boolean;
}

/**
 * A declared insert of one row under its `id`. A row that is there already, by its id or by another
 * unique key, is left alone, and nothing is handed back.
 */
export interface RowInsert<P extends Record<string, SqlValue>> {
  readonly name: string;
  readonly table: string;
  readonly insert: true;
  /** Columns besides `id` and the parameters, with the SQL of their values. */
  readonly computed: Readonly<Record<string, string>>;
  readonly parameters: { readonly [K in keyof P]: ParameterKind };
  /** Parameters that are no columns: `computed` is made of them. */
  readonly inputs?: readonly string[];
  readonly returning: readonly string[];
}

/** The parameters that an insert puts into columns of their names. */
export function insertedColumns({ parameters, inputs = [] }: RowInsert<Record<string, SqlValue>>) {
  return ['id', ...Object.keys(parameters).filter((name) => !inputs.includes(name))];
}

export type DeclaredStatement<P extends Record<string, SqlValue>> = RowStatement<P> | RowInsert<P>;

export type ParametersOf<S> = S extends RowStatement<infer P> ? P & { id: string } : never;

export function rowStatement<P extends Record<string, SqlValue>>(
  statement: RowStatement<P>,
): RowStatement<P> {
  return Object.freeze(statement);
}

export function rowInsert<P extends Record<string, SqlValue>>(
  statement: Omit<RowInsert<P>, 'insert'>,
): RowInsert<P> {
  return Object.freeze({ ...statement, insert: true as const });
}

/** Whether other instances should look once this row is committed. */
export const follows = (
  statement: DeclaredStatement<Record<string, SqlValue>>,
  row: SqlRow,
): boolean => !('insert' in statement) && statement.follows?.(row) === true;
