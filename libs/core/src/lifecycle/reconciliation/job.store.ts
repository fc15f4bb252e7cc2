import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { Database } from '../../foundation/database/database.js';

/** A job that this process may do now. */
export interface ClaimedJob {
  readonly id: string;
  readonly claim: string;
  /** What it remembered of its last run. */
  readonly state: unknown;
  /** The database's time at the claim. */
  readonly now: number;
}

/** Work on a schedule that one instance does for all: the first to claim it. */
@Injectable()
export class JobStore {
  constructor(private readonly database: Database) {}

  /** `undefined` when it is not due, or another instance is at it. */
  async claim(id: string, leaseMs: number, regardless = false): Promise<ClaimedJob | undefined> {
    if (!regardless && !(await this.isDue(id))) return undefined;
    const claim = randomUUID();
    const row = await this.database.run(async (transaction) => {
      await transaction.execute(
        `INSERT INTO flock_job (id, due_at) VALUES (:id, {now}) ${this.database.dialect.ifAbsent}`,
        { id },
      );
      const { affected } = await transaction.execute(
        `UPDATE flock_job SET claim_id = :claim, claim_until = {now} + :lease
         WHERE id = :id AND (due_at <= {now} OR :regardless = 1)
           AND (claim_until IS NULL OR claim_until <= {now})`,
        { id, claim, lease: leaseMs, regardless: regardless ? 1 : 0 },
      );
      if (affected === 0) return undefined;
      return transaction.first('SELECT state, {now} AS db_now FROM flock_job WHERE id = :id', {
        id,
      });
    });
    if (row === undefined) return undefined;
    return { id, claim, state: readState(row.state), now: Number(row.db_now) };
  }

  /** A look that costs no write: every instance asks all the time. */
  private async isDue(id: string): Promise<boolean> {
    const [job] = await this.database.read(
      `SELECT CASE WHEN due_at <= {now} AND (claim_until IS NULL OR claim_until <= {now})
         THEN 1 ELSE 0 END AS due FROM flock_job WHERE id = :id`,
      { id },
    );
    return job === undefined || Number(job.due) === 1;
  }

  /** Keeps the claim; `false` when it is lost. */
  async extend({ id, claim }: ClaimedJob, leaseMs: number): Promise<boolean> {
    const { affected } = await this.database.run((transaction) =>
      transaction.execute(
        'UPDATE flock_job SET claim_until = {now} + :lease WHERE id = :id AND claim_id = :claim',
        { id, claim, lease: leaseMs },
      ),
    );
    return affected === 1;
  }

  async finish({ id, claim }: ClaimedJob, delayMs: number, state: unknown): Promise<void> {
    await this.database.run((transaction) =>
      transaction.execute(
        `UPDATE flock_job SET claim_id = NULL, claim_until = NULL, due_at = {now} + :delay,
           state = :state WHERE id = :id AND claim_id = :claim`,
        { id, claim, delay: Math.round(delayMs), state: JSON.stringify(state ?? null) },
      ),
    );
  }
}

function readState(text: unknown): unknown {
  try {
    return typeof text === 'string' ? (JSON.parse(text) as unknown) : undefined;
  } catch {
    return undefined;
  }
}
