import { Inject, Injectable, Logger } from '@nestjs/common';
import { AuditService } from '../../foundation/audit/audit.service.js';
import { CacheEntryFactory } from '../../connection/cache-entry.factory.js';
import { ConnectionCache } from '../../connection/connection.cache.js';
import { ConnectionReader } from '../../connection/connection.reader.js';
import type { ConnectionRow } from '../../connection/connection.row.js';
import { tokenSetPlace } from '../../connection/seal-places.js';
import { Database } from '../../foundation/database/database.js';
import type { ParametersOf, SqlRow } from '../../foundation/database/statement.js';
import { ProviderRegistry } from '../../provider/provider.registry.js';
import type { RegisteredApp } from '../../provider/registered-app.js';
import type { TokenAnswer } from '../../provider/token-answer.js';
import { REVOKE_INSTEAD } from './renewal.statements.js';
import { SealingService } from '../../foundation/sealing/sealing.service.js';
import { publishStep } from '../../foundation/telemetry/renewal-steps.js';
import { readTokenSet, writeTokenSet } from '../../connection/token-set.js';
import type { ClaimedRow } from './claimed-row.js';
import { failureError } from '../endpoint/renewal-failure.js';
import { STORE_TOKENS } from './renewal.statements.js';
import { placeOf } from '../endpoint/renewal-request.js';
import type { OpenedRow, PlacedRow } from '../endpoint/renewal-request.js';
import type { RescueOutcome, RescueRecord } from '../rescue/rescue.record.js';
import { RescueService } from '../rescue/rescue.service.js';
import { lostScopes, nextDueAt, readTokenResult } from './token-result.js';
import { RENEWAL_POLICY } from '../endpoint/renewal-policy.js';
import type { RenewalPolicy } from '../endpoint/renewal-policy.js';

/** Stores what a renewal brought, come what may: in the row, else in a rescue file. */
@Injectable()
export class TokenStore {
  private readonly logger = new Logger('NestFlock');

  constructor(
    private readonly database: Database,
    private readonly reader: ConnectionReader,
    private readonly cache: ConnectionCache,
    private readonly entries: CacheEntryFactory,
    private readonly sealing: SealingService,
    private readonly rescue: RescueService,
    private readonly registry: ProviderRegistry,
    private readonly audit: AuditService,
    @Inject(RENEWAL_POLICY) private readonly policy: RenewalPolicy,
  ) {
    rescue.handle('tokens', (record) => this.replay(record));
  }

  /**
   * Before anything else is done with it: the token may be the only one there is.
   * @throws FlockError `provider_unavailable` when it is only in a rescue file yet
   */
  async store(
    claimed: ClaimedRow,
    opened: OpenedRow,
    answer: TokenAnswer,
    sentAt: number,
  ): Promise<void> {
    const { app, row, attemptId } = claimed;
    const { profile } = app.definition;
    const result = readTokenResult(answer, { ...opened, scopes: row.scopes }, profile, sentAt);
    const dueAt = nextDueAt(result, row, {
      profile,
      needsPerson: app.needsPerson,
      policy: this.policy,
      now: sentAt,
    });
    const parameters: ParametersOf<typeof STORE_TOKENS> = {
      id: row.id,
      attempt: attemptId,
      generation: row.generation,
      spent: row.token_version,
      token_set: this.sealing.seal(tokenSetPlace(row.id), writeTokenSet(result.tokens)),
      scopes: result.scopes,
      expires_at: result.expiresAt,
      due_at: dueAt,
    };
    publishStep('storing', row.id, attemptId);
    const readAt = performance.now();
    let stored: SqlRow | undefined;
    try {
      stored = await this.database.write(STORE_TOKENS, parameters);
    } catch {
      return this.storeLater(claimed, parameters);
    }
    publishStep('stored', row.id, attemptId);
    if (stored === undefined) return this.resolveLostStore(claimed, parameters);
    const databaseNow = Number(stored.db_now);
    const storedRow: ConnectionRow = {
      ...row,
      scopes: result.scopes,
      expires_at: result.expiresAt,
      refreshed_at: databaseNow,
      token_version: row.token_version + 1,
      db_now: databaseNow,
    };
    this.cache.put(this.entries.fromTokens(storedRow, result.tokens, readAt));
    await this.noteLostScopes(claimed, lostScopes(row.scopes, result.scopes));
  }

  /** Into a rescue file, then again for as long as the claim was meant to last. */
  private async storeLater(
    { app, row, attemptId }: ClaimedRow,
    parameters: ParametersOf<typeof STORE_TOKENS>,
  ): Promise<void> {
    // Where a grant can simply be obtained again there is nothing to rescue.
    if (!app.needsPerson) throw failureError('store_unavailable', app, 1_000);
    const record: RescueRecord = {
      kind: 'tokens',
      attemptId,
      provider: app.provider,
      app: app.name,
      connectionId: row.id,
      data: { ...parameters, token_set: parameters.token_set.toString('base64') },
    };
    const stored = await this.rescue.keep(record, this.policy.storeBudgetMs);
    if (!stored) throw failureError('store_unavailable', app, 1_000);
    await this.reader.load(row.id);
  }

  /** The same conditional statement, from a rescue file. */
  private async replay({ provider, app, data }: RescueRecord): Promise<RescueOutcome> {
    const parameters = {
      ...data,
      token_set: Buffer.from(data.token_set as string, 'base64'),
    } as unknown as ParametersOf<typeof STORE_TOKENS>;
    // What cannot be opened in that row would cost the connection the tokens that it has.
    readTokenSet(this.sealing.open(tokenSetPlace(parameters.id), parameters.token_set));
    const row = await this.database.write(STORE_TOKENS, parameters);
    if (row !== undefined) return 'stored';
    // An earlier try may have been committed although its answer got lost.
    const now = await this.reader.row(parameters.id);
    if (now?.attempt_id === parameters.attempt) return 'stored';
    const known =
      now !== undefined &&
      now.token_version >= parameters.spent &&
      now.generation >= parameters.generation;
    if (!known) return 'ahead';
    if (now.status === 'revoked') {
      await this.revokeInstead(this.registry.find(provider, app), now, parameters);
    }
    return 'obsolete';
  }

  /**
   * Our conditional write met no row: either it had been committed before after all, or the
   * connection was withdrawn, reinstalled or healed by another. What is stored counts.
   */
  private async resolveLostStore(
    { row, attemptId, app }: ClaimedRow,
    parameters: ParametersOf<typeof STORE_TOKENS>,
  ): Promise<void> {
    const now = await this.reader.row(row.id);
    if (now?.status === 'revoked') await this.revokeInstead(app, row, parameters);
    if (now?.attempt_id !== attemptId) {
      await this.audit.note({
        actor: 'scheduler',
        action: 'renewal',
        outcome: 'discarded',
        reason:
          now === undefined
            ? 'removed'
            : now.generation > row.generation
              ? 'reinstalled'
              : now.status,
        provider: app.provider,
        app: app.name,
        connectionId: row.id,
        attemptId,
      });
    }
    this.cache.drop(row.id);
  }

  /**
   * Tokens that came after the connection was withdrawn. Nothing is revoked but what was withdrawn
   * anyway: where a provider revokes the grant with a token, a loser would kill the winner.
   */
  private async revokeInstead(
    app: RegisteredApp | undefined,
    row: PlacedRow,
    late: ParametersOf<typeof STORE_TOKENS>,
  ): Promise<void> {
    if (app?.endpoints(placeOf(app, row)).revocation === undefined) return;
    const { id, generation, spent, token_set } = late;
    await this.database.write(REVOKE_INSTEAD, { id, generation, spent, token_set });
  }

  private async noteLostScopes({ app, row }: ClaimedRow, lost: string[]): Promise<void> {
    if (lost.length === 0) return;
    this.logger.warn(`Connection ${row.id} lost scopes: ${lost.join(' ')}.`);
    await this.audit.note({
      actor: 'scheduler',
      action: 'renewal',
      outcome: 'scopes_reduced',
      reason: lost.join(' ').slice(0, 190),
      provider: app.provider,
      app: app.name,
      connectionId: row.id,
    });
  }
}
