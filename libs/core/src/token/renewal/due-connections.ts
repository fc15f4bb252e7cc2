import { Inject, Injectable } from '@nestjs/common';
import { WHOLE_CONNECTION } from '../../connection/connection-rows.js';
import { NO_CLAIM } from '../../connection/connection.statements.js';
import { readConnectionRow } from '../../connection/connection.row.js';
import type { ConnectionRow } from '../../connection/connection.row.js';
import { Database } from '../../foundation/database/database.js';
import type { SqlValue } from '../../foundation/database/statement.js';
import { Deployment } from '../../foundation/deployment/deployment.js';
import { RENEWAL_POLICY, leaseMs } from '../endpoint/renewal-policy.js';
import type { RenewalPolicy } from '../endpoint/renewal-policy.js';
import { renewable, takenAs } from './claim.statements.js';
import { Takeover } from './takeover.js';
import { untilAnswered } from './until-answered.js';
import type { RegisteredApp } from '../../provider/registered-app.js';

/** What is due in one environment of one app: it has hosts and credentials of its own, so it is drained by itself. */
export interface RenewalQueue {
  readonly app: RegisteredApp;
  readonly environment: string;
  readonly key: string;
}

export interface DueClaim {
  /** At most so many rows. */
  readonly limit: number;
  /** Names this process. */
  readonly owner: string;
  /** Ids of the circuits that stop this queue; empty where there is none. */
  readonly endpoint: string;
  readonly credential: string;
  /** Although something is stopped: this process holds the right to the one probe. */
  readonly probe: boolean;
}

/** Rows become due at times that were computed a little earlier, and commits come late. */
const SLACK_MS = 60_000;

/**
 * What is due, straight from the index that begins with the queue: no query here wades through what
 * belongs to another app. Each queue remembers below which time nothing was left to claim, which
 * skips index entries that are dead but that an old snapshot (a backup, a report) keeps.
 */
@Injectable()
export class DueConnections {
  private readonly bounds = new Map<string, number>();
  /** Queues whose next claim starts from the beginning. */
  private readonly anew = new Set<string>();
  private batches = 0;

  constructor(
    private readonly database: Database,
    @Inject(RENEWAL_POLICY) private readonly policy: RenewalPolicy,
    private readonly takeover: Takeover,
    private readonly deployment: Deployment,
  ) {}

  /** Rows made due below the bound are found by a claim that disregards it once. */
  lookFromTheBeginning(): void {
    for (const key of this.bounds.keys()) this.anew.add(key);
  }

  /**
   * The same claim as a caller's, for many rows at once; see the CLAIM statement. No two processes get
   * the same row.
   */
  async claim(queue: RenewalQueue, claim: DueClaim): Promise<ConnectionRow[]> {
    const { app, key } = queue;
    const { limit, endpoint, credential } = claim;
    // Told apart from every other batch, in case its answer gets lost.
    const owner = `${claim.owner}/${(this.batches += 1)}`;
    const { policy } = this;
    const bound = this.anew.delete(key) ? 0 : this.boundOf(key);
    const scope = this.scopeOf(queue, bound);
    const claiming = this.database.run((transaction) =>
      transaction.updatePicked(
        {
          table: 'flock_connection',
          set: takenAs(this.database.dialect.randomId),
          pick: `SELECT id FROM flock_connection
            WHERE ${CLAIMABLE}
              AND (:probe = 1 OR :rotating = 0 OR NOT EXISTS (${STOPPED}))
              AND (:probe = 1 OR :rotating = 1 OR flock_connection.credential IS NOT NULL
                OR flock_connection.account <> 'default' OR NOT EXISTS (${STOPPED}))
            ORDER BY due_at LIMIT ${limit}`,
          returning: [...WHOLE_CONNECTION, 'due_at'],
        },
        {
          ...scope,
          owner,
          lease: leaseMs(policy),
          rotating: app.needsPerson ? 1 : 0,
          endpoint,
          credential,
          probe: claim.probe ? 1 : 0,
        },
      ),
    );
    const found = await claiming.catch((error: unknown) => {
      // Nothing was spent, but the store may have taken the claim all the same.
      void untilAnswered(leaseMs(policy), () => this.giveBack(queue, bound, owner));
      throw error;
    });
    const rows = found.map(readConnectionRow);
    const [first] = rows;
    if (first !== undefined) {
      const oldest = Math.min(...found.map(({ due_at }) => Number(due_at)));
      // Everything below was claimed, or is held by somebody; all of it when there was less than asked for.
      const left = rows.length < limit ? Infinity : oldest;
      this.bounds.set(key, Math.min(left, first.db_now - SLACK_MS));
    }
    return rows;
  }

  /** Whether a claim would find anything, stopped or not. */
  async isAnyDue(queue: RenewalQueue): Promise<boolean> {
    const rows = await this.database.read(
      `SELECT id FROM flock_connection WHERE ${CLAIMABLE} LIMIT 1`,
      this.scopeOf(queue, this.boundOf(queue.key)),
    );
    return rows.length > 0;
  }

  /** How long the oldest due renewal of these queues has been waiting; seconds. */
  async oldestSeconds(queues: readonly RenewalQueue[]): Promise<number> {
    if (queues.length === 0) return 0;
    const parameters: Record<string, SqlValue> = {};
    const each = queues.map((queue, index) => {
      const { provider, app, environment } = placeOf(queue);
      parameters[`p_${index}`] = provider;
      parameters[`a_${index}`] = app;
      parameters[`e_${index}`] = environment;
      parameters[`b_${index}`] = this.boundOf(queue.key);
      return `SELECT MIN(due_at) AS due FROM flock_connection WHERE provider = :p_${index} AND app = :a_${index}
        AND environment = :e_${index} AND status = 'active' AND due_at >= :b_${index}`;
    });
    const [row] = await this.database.read(
      `SELECT MIN(due) AS due, {now} AS db_now FROM (${each.join(' UNION ALL ')}) oldest`,
      parameters,
    );
    if (row?.due === null || row?.due === undefined) return 0;
    return Math.max(0, (Number(row.db_now) - Number(row.due)) / 1_000);
  }

  /** Straight from the same index as the claim, which moved none of its columns. */
  private giveBack(queue: RenewalQueue, bound: number, owner: string): Promise<unknown> {
    return this.database.run((transaction) =>
      transaction.execute(
        `UPDATE flock_connection
         SET ${NO_CLAIM}
         WHERE provider = :provider AND app = :app AND environment = :environment
           AND status = 'active' AND due_at <= (SELECT {now}) AND due_at >= :bound
           AND claim_owner = :owner`,
        { ...placeOf(queue), bound, owner },
      ),
    );
  }

  private scopeOf(queue: RenewalQueue, bound: number) {
    const { needsPerson } = queue.app;
    return {
      ...placeOf(queue),
      bound,
      grace: this.takeover.graceMs(queue.app),
      // What may have been spent after the backup waits for whoever uses it, or for `flock check`.
      restored: needsPerson ? (this.deployment.stored?.restoredAt ?? 0) : 0,
      deployment: this.deployment.name,
    };
  }

  private boundOf(key: string): number {
    return this.bounds.get(key) ?? 0;
  }
}

/** What a claim takes if nothing is stopped: only for that may the one probe be taken. */
const CLAIMABLE = `provider = :provider AND app = :app AND environment = :environment
  AND due_at <= (SELECT {now}) AND due_at >= :bound AND ${renewable()}
  AND COALESCE(refreshed_at, installed_at) >= :restored`;

/** Names nothing of the row where everything rotates: then the database asks once, not for each row that is held back. */
const STOPPED = `SELECT 1 FROM flock_circuit
  WHERE is_open = 1 AND flock_circuit.id IN (:endpoint, :credential)`;

const placeOf = ({ app, environment }: RenewalQueue) => ({
  provider: app.provider,
  app: app.name,
  environment,
});
