import type { SqlDialect } from './sql-dialect.js';
import type { RowStatement, SqlRow, SqlValue } from './statement.js';
import type { UnitOfWork } from './unit-of-work.js';

const GROUP_SIZE = 100;

type AnyStatement = RowStatement<Record<string, SqlValue>>;

interface Pending {
  statement: AnyStatement;
  parameters: Record<string, SqlValue>;
  resolve(row: SqlRow | undefined): void;
  reject(error: unknown): void;
}

/**
 * Groups declared single-row statements into shared commits: what gathered while the last commit
 * ran goes out in the next. Each caller learns its own result, after the commit. One fsync then
 * serves up to a hundred refreshes.
 */
export class CommitGroups {
  private urgent: Pending[] = [];
  private ordinary: Pending[] = [];
  private draining: Promise<void> | undefined;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly dialect: SqlDialect,
  ) {}

  /** The changed row (`id` and the returned columns), or `undefined` when no row met the conditions. */
  write<P extends Record<string, SqlValue>>(
    statement: RowStatement<P>,
    parameters: P & { id: string },
  ): Promise<SqlRow | undefined> {
    return new Promise((resolve, reject) => {
      const queue = statement.urgent === true ? this.urgent : this.ordinary;
      queue.push({ statement: statement as unknown as AnyStatement, parameters, resolve, reject });
      // A microtask later, so that everything that was asked for in this tick shares the commit.
      this.draining ??= Promise.resolve().then(() => this.drain());
    });
  }

  async settled(): Promise<void> {
    await this.draining;
  }

  private async drain(): Promise<void> {
    try {
      while (this.urgent.length > 0 || this.ordinary.length > 0) {
        await this.commit(this.takeGroup());
      }
    } finally {
      this.draining = undefined;
    }
  }

  /** Urgent ones first; a row occurs once a group, since one UPDATE changes it once. */
  private takeGroup(): Pending[] {
    const group: Pending[] = [];
    const rows = new Set<string>();
    const take = (queue: Pending[]): Pending[] => {
      const rest: Pending[] = [];
      for (const pending of queue) {
        const row = `${pending.statement.table}/${String(pending.parameters.id)}`;
        if (group.length >= GROUP_SIZE || rows.has(row)) {
          rest.push(pending);
        } else {
          rows.add(row);
          group.push(pending);
        }
      }
      return rest;
    };
    this.urgent = take(this.urgent);
    this.ordinary = take(this.ordinary);
    // In one order everywhere, so that two instances cannot lock the same rows crosswise.
    return group.sort((a, b) => (String(a.parameters.id) < String(b.parameters.id) ? -1 : 1));
  }

  private async commit(group: Pending[]): Promise<void> {
    try {
      const changed = await this.execute(group);
      for (const pending of group) {
        pending.resolve(changed.get(pending.statement)?.get(String(pending.parameters.id)));
      }
    } catch (error) {
      if (group.length === 1) group[0]?.reject(error);
      else for (const pending of group) await this.commit([pending]);
    }
  }

  private execute(group: Pending[]): Promise<Map<AnyStatement, Map<string, SqlRow>>> {
    const byStatement = new Map<AnyStatement, Pending[]>();
    for (const pending of group) {
      const same = byStatement.get(pending.statement);
      if (same === undefined) byStatement.set(pending.statement, [pending]);
      else same.push(pending);
    }
    return this.unitOfWork.runSession(byStatement.size, async (session) => {
      const changed = new Map<AnyStatement, Map<string, SqlRow>>();
      for (const [statement, pendings] of byStatement) {
        const rows = await this.dialect.runBatch(
          session,
          statement,
          pendings.map((pending) => pending.parameters),
        );
        changed.set(statement, new Map(rows.map((row) => [String(row.id), row])));
      }
      return changed;
    });
  }
}
