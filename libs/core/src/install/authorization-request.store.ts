import { Injectable } from '@nestjs/common';
import { Database } from '../foundation/database/database.js';
import { SealingService } from '../foundation/sealing/sealing.service.js';
import type { AttemptContext, AuthorizationRequestRow } from './authorization-request.js';

/** Time to finish an install. */
export const ATTEMPT_LIFE_SECONDS = 900;
/** Rows stay a day, so that a late visitor learns what happened. */
const KEEP_MS = 86_400_000;

const place = (id: string) => ({
  table: 'flock_authorization_request',
  row: id,
  column: 'context',
});

export interface NewAuthorizationRequest {
  readonly id: string;
  readonly provider: string;
  readonly app: string;
  readonly environment: string;
  readonly bindingHash: string;
  readonly hostUser?: string;
  readonly owner?: string;
  readonly context: AttemptContext;
}

@Injectable()
export class AuthorizationRequestStore {
  constructor(
    private readonly database: Database,
    private readonly sealing: SealingService,
  ) {}

  async create(request: NewAuthorizationRequest): Promise<void> {
    await this.database.run((transaction) =>
      transaction.execute(
        `INSERT INTO flock_authorization_request (id, provider, app, environment, binding_hash,
           host_user, owner, context, created_at, expires_at)
         VALUES (:id, :provider, :app, :environment, :binding, :user, :owner, :context, {now}, {now} + :life)`,
        {
          id: request.id,
          provider: request.provider,
          app: request.app,
          environment: request.environment,
          binding: request.bindingHash,
          user: request.hostUser ?? null,
          owner: request.owner ?? null,
          context: this.sealing.seal(place(request.id), JSON.stringify(request.context)),
          life: ATTEMPT_LIFE_SECONDS * 1_000,
        },
      ),
    );
  }

  async find(id: string): Promise<AuthorizationRequestRow | undefined> {
    const [row] = await this.database.read(
      'SELECT *, {now} AS db_now FROM flock_authorization_request WHERE id = :id',
      { id },
    );
    if (row === undefined) return undefined;
    return {
      ...row,
      expires_at: Number(row.expires_at),
      consumed_at: row.consumed_at === null ? null : Number(row.consumed_at),
      db_now: Number(row.db_now),
    } as AuthorizationRequestRow;
  }

  /** The one right to go on: of any number of parallel callbacks only one gets `true`. */
  async consume(id: string, bindingHash: string): Promise<boolean> {
    const result = await this.database.run((transaction) =>
      transaction.execute(
        `UPDATE flock_authorization_request SET consumed_at = {now}
         WHERE id = :id AND binding_hash = :binding AND consumed_at IS NULL AND expires_at > {now}`,
        { id, binding: bindingHash },
      ),
    );
    return result.affected === 1;
  }

  async finish(id: string, outcome: string): Promise<void> {
    await this.database.run((transaction) =>
      transaction.execute(
        'UPDATE flock_authorization_request SET outcome = :outcome WHERE id = :id',
        {
          id,
          outcome,
        },
      ),
    );
  }

  /** @throws UnsealError */
  context(row: AuthorizationRequestRow): AttemptContext {
    return JSON.parse(this.sealing.open(place(row.id), row.context)) as AttemptContext;
  }

  async prune(): Promise<void> {
    await this.database.run((transaction) =>
      transaction.execute(
        'DELETE FROM flock_authorization_request WHERE expires_at < (SELECT {now}) - :keep',
        {
          keep: KEEP_MS,
        },
      ),
    );
  }
}
