import { setImmediate } from 'node:timers/promises';
import type { SqlDialect } from './sql-dialect.js';
import type { DeclaredStatement, SqlRow, SqlValue } from './statement.js';
import { follows } from './statement.js';
import { isOfTheStatement } from './sql-text.js';
import type { UnitOfWork } from './unit-of-work.js';

const GROUP_SIZE = 100;
const WORTH_A_COMMIT = 16;
/** Inserts bring whole bodies along: a group ends with the row that goes beyond. */
const GROUP_BYTES = 4 * 1_048_576;
/** More than wait for a healthy database: what comes then is refused, so that memory stays bounded. */
const MOST_INSERTS = 5_000;

/** It waited for nothing: the store may well be healthy. */
export class TooMuchWaits extends Error {
  constructor() {
    super('too much waits to be stored');
  }
}

type AnyStatement = DeclaredStatement<Record<string, SqlValue>>;

interface Pending {
  statement: AnyStatement;
  parameters: Record<string, SqlValue>;
  resolve(row: SqlRow | undefined): void;
  reject(error: unknown): void;
}

/** Statements that share commits, and the loop that sends them. */
interface Lane {
  /** Taken in this order: what is urgent comes first. */
  readonly queues: Pending[][];
  draining?: Promise<void>;
  /** Sends a group before the event loop has gone round, so that the database works meanwhile. */
  readonly eager?: boolean;
}

/**
 * Groups declared single-row statements into shared commits: what gathered while the last commit
 * ran goes out in the next. Each caller learns its own result, after the commit. One fsync then
 * serves up to a hundred renewals.
 */
export class CommitGroups {
  private readonly urgent: Pending[] = [];
  private readonly ordinary: Pending[] = [];
  private readonly inserts: Pending[] = [];
  private readonly lanes: readonly Lane[];

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly dialect: SqlDialect,
    /** Called after the commit of something that other instances follow. */
    private readonly onFollowed: () => void,
  ) {
    // One connection means one lane for tokens; a pool sends their commits beside the claims. What
    // arrives from outside never shares a commit with a token.
    this.lanes = dialect.singleConnection
      ? [{ queues: [this.urgent, this.ordinary] }, { queues: [this.inserts] }]
      : [
          { queues: [this.urgent] },
          { queues: [this.ordinary] },
          // While one group is on its way the next is sent, as soon as it is worth a commit.
          { queues: [this.inserts], eager: true },
          { queues: [this.inserts], eager: true },
          { queues: [this.inserts], eager: true },
        ];
  }

  /** The changed row (`id` and the returned columns), or `undefined` when no row met the conditions. */
  write<P extends Record<string, SqlValue>>(
    statement: DeclaredStatement<P>,
    parameters: P & { id: string },
  ): Promise<SqlRow | undefined> {
    return new Promise((resolve, reject) => {
      const queue = this.queueOf(statement);
      if (queue === this.inserts && queue.length >= MOST_INSERTS) {
        reject(new TooMuchWaits());
        return;
      }
      queue.push({ statement: statement, parameters, resolve, reject });
      const lane = this.idleLane(queue);
      if (lane !== undefined) lane.draining = this.drain(lane);
    });
  }

  /** A lane that takes this queue and rests. A second one only for enough to be worth a commit. */
  private idleLane(queue: Pending[]): Lane | undefined {
    const lanes = this.lanes.filter(({ queues }) => queues.includes(queue));
    const idle = lanes.find(({ draining }) => draining === undefined);
    const busy = lanes.some(({ draining }) => draining !== undefined);
    return busy && queue.length < WORTH_A_COMMIT ? undefined : idle;
  }

  private queueOf(statement: AnyStatement): Pending[] {
    if ('insert' in statement) return this.inserts;
    return statement.urgent === true ? this.urgent : this.ordinary;
  }

  async settled(): Promise<void> {
    for (const { draining } of this.lanes) await draining;
  }

  private async drain(lane: Lane): Promise<void> {
    try {
      while (lane.queues.some((queue) => queue.length > 0)) {
        // Lets everything that arrived meanwhile join: SQLite commits with the event loop stopped.
        if (lane.eager !== true || !isWorthACommit(lane)) await setImmediate();
        const group = takeGroup(lane.queues);
        // Another lane may have been quicker.
        if (group.length > 0) await this.commit(group);
      }
    } finally {
      delete lane.draining;
    }
  }

  private async commit(group: Pending[]): Promise<void> {
    try {
      const changed = await this.execute(group);
      let followed = false;
      for (const pending of group) {
        const { statement, parameters } = pending;
        const row = changed.get(statement)?.get(String(parameters.id));
        if (row !== undefined && follows(statement, row)) followed = true;
        pending.resolve(row);
      }
      if (followed) this.onFollowed();
    } catch (error) {
      if (group.length > 1 && this.mayBeOfOne(error)) await this.commitSingly(group);
      else for (const pending of group) pending.reject(error);
    }
  }

  /** A database that is away or locked refuses each of them alike, only later and later. */
  private mayBeOfOne(error: unknown): boolean {
    return this.dialect.isAnswer(error) && !this.dialect.isTransient(error);
  }

  /**
   * Each by itself, so that one bad row costs the others nothing; until one is refused for what is not
   * its own fault. The rest would wait in line for minutes, with their results in memory only.
   */
  private async commitSingly(group: readonly Pending[]): Promise<void> {
    let refusal: { readonly error: unknown } | undefined;
    for (const pending of group) {
      if (refusal !== undefined) {
        pending.reject(refusal.error);
        continue;
      }
      const reject = (error: unknown) => {
        if (!isOfTheStatement(error)) refusal = { error };
        pending.reject(error);
      };
      await this.commit([{ ...pending, reject }]);
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

/** A row occurs once a group, since one statement changes it once. */
function takeGroup(queues: readonly Pending[][]): Pending[] {
  const group: Pending[] = [];
  const rows = new Set<string>();
  let bytes = 0;
  for (const queue of queues) {
    const rest: Pending[] = [];
    for (const pending of queue.splice(0)) {
      const row = `${pending.statement.table}/${String(pending.parameters.id)}`;
      if (group.length >= GROUP_SIZE || bytes >= GROUP_BYTES || rows.has(row)) rest.push(pending);
      else {
        rows.add(row);
        group.push(pending);
        bytes += bytesOf(pending.parameters);
      }
    }
    queue.push(...rest);
  }
  // In one order everywhere, so that two instances do not lock the same rows crosswise.
  return group.sort((a, b) => (String(a.parameters.id) < String(b.parameters.id) ? -1 : 1));
}

const isWorthACommit = ({ queues }: Lane): boolean =>
  queues.some((queue) => queue.length >= WORTH_A_COMMIT);

function bytesOf(parameters: Record<string, SqlValue>): number {
  let bytes = 0;
  for (const value of Object.values(parameters)) if (Buffer.isBuffer(value)) bytes += value.length;
  return bytes;
}
