import { Inject, Injectable, Logger } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { CacheEntryFactory } from '../connections/cache-entry.factory.js';
import { ConnectionCache } from '../connections/connection.cache.js';
import { ConnectionReader } from '../connections/connection.reader.js';
import { readConnectionRow } from '../connections/connection.row.js';
import type { ConnectionRow } from '../connections/connection.row.js';
import { tokenSetPlace } from '../connections/seal-places.js';
import { Database } from '../database/database.js';
import type { ParametersOf, SqlRow } from '../database/statement.js';
import { FlockError } from '../errors/flock.error.js';
import { TokenTransport } from '../http/token-transport.js';
import { readTokenAnswer } from '../providers/read-token-answer.js';
import type { RegisteredApp } from '../providers/registered-app.js';
import type { TokenAnswer, TokenOutcome } from '../providers/token-answer.js';
import type { ClientCredential } from '../providers/token-request.js';
import { SealingService } from '../sealing/sealing.service.js';
import { FlockMetrics } from '../telemetry/flock.metrics.js';
import { inSpan } from '../telemetry/in-span.js';
import { publishStep } from '../telemetry/refresh-steps.js';
import { writeTokenSet } from '../tokens/token-set.js';
import { CircuitService } from './circuit.service.js';
import type { Circuit } from './circuit.service.js';
import { RenewalRequests } from './renewal-request.js';
import type { OpenedRow } from './renewal-request.js';
import { failureError } from './refresh-failure.js';
import type { RefreshFailure } from './refresh-failure.js';
import { RefreshPolicyHolder } from './refresh-policy.holder.js';
import { backoffMs, leaseMs } from './refresh-policy.js';
import {
  END_ATTEMPT,
  EXTEND_CLAIM,
  REQUIRE_REAUTHORIZATION,
  STORE_TOKENS,
} from './refresh.statements.js';
import { RescueService } from './rescue.service.js';
import type { RescueRecord } from './rescue.record.js';
import { lostScopes, nextDueAt, readTokenResult } from './token-result.js';

/** A claim that this process holds: the row as it was claimed, and when. */
export interface ClaimedRow {
  readonly app: RegisteredApp;
  readonly row: ConnectionRow;
  readonly attemptId: string;
  /** `performance.now()` when the claim was answered; `row.db_now` is not later. */
  readonly receivedAt: number;
  readonly client: ClientCredential;
  readonly endpoint: Circuit;
  readonly credential: Circuit;
}

interface SentOutcome {
  readonly outcome: TokenOutcome;
  /** The database's time when the request left. */
  readonly sentAt: number;
  /** Sends that ended with nobody knowing whether the token was spent. */
  readonly unknown: number;
}

/** Nothing was sent: the claim had gone to another instance. */
const LAPSED = Symbol('lapsed');

/**
 * What happens under a claim: one POST, its result stored before anything else, every other end
 * recorded. Never leaves a claim open except by the death of the process.
 */
@Injectable()
export class RefreshAttemptService {
  private readonly logger = new Logger('NestFlock');

  constructor(
    private readonly database: Database,
    private readonly reader: ConnectionReader,
    private readonly cache: ConnectionCache,
    private readonly entries: CacheEntryFactory,
    private readonly sealing: SealingService,
    private readonly requests: RenewalRequests,
    private readonly circuits: CircuitService,
    private readonly rescue: RescueService,
    private readonly audit: AuditService,
    private readonly metrics: FlockMetrics,
    private readonly holder: RefreshPolicyHolder,
    @Inject(TokenTransport) private readonly transport: TokenTransport,
  ) {
    rescue.handle('tokens', (record) => this.replay(record));
  }

  /** Resolves when the cache holds what the store then has. @throws FlockError for every other end. */
  run(claimed: ClaimedRow): Promise<void> {
    const { row, app } = claimed;
    const started = performance.now();
    const attributes = { 'flock.provider': row.provider, 'flock.app': row.app };
    return inSpan('flock.refresh', attributes, async () => {
      try {
        await this.attempt(claimed);
        this.metrics.refreshed(app.provider, 'renewed', performance.now() - started);
      } catch (error) {
        // Whatever went wrong that has no end of its own yet: the claim must not stay open.
        if (!(error instanceof FlockError)) await this.end(claimed, 'interrupted', { unknown: 0 });
        const code = error instanceof FlockError ? error.code : 'error';
        this.metrics.refreshed(app.provider, code, performance.now() - started);
        throw error;
      } finally {
        publishStep('ended', row.id, claimed.attemptId);
      }
    });
  }

  private async attempt(claimed: ClaimedRow): Promise<void> {
    let opened: OpenedRow;
    try {
      opened = this.requests.open(claimed.row);
    } catch {
      this.metrics.securityEvent('unreadable');
      throw await this.end(claimed, 'unreadable', { unknown: 0 });
    }
    const sent = await this.send(claimed, opened);
    if (sent === LAPSED) {
      // Another instance has the connection by now; what it stored counts.
      this.cache.drop(claimed.row.id);
      return;
    }
    if (sent === undefined) return this.requireReauthorization(claimed, 'no_refresh_token', 0);
    const { outcome } = sent;
    if (outcome.kind === 'granted') {
      // Before anything else, the circuits included: the token may be the only one there is.
      await this.store(claimed, opened, outcome.answer, sent.sentAt);
      await this.circuits.succeed(claimed.endpoint, claimed.credential);
      return;
    }
    switch (outcome.kind) {
      case 'dead':
        await this.circuits.succeed(claimed.endpoint, claimed.credential);
        if (claimed.app.needsPerson) return this.handleInvalidGrant(claimed, sent.unknown);
        throw await this.end(claimed, 'refused', { unknown: sent.unknown });
      case 'credential_rejected':
        await this.circuits.fail(claimed.credential);
        throw await this.end(claimed, 'credential_rejected', { unknown: sent.unknown });
      case 'refused':
        await this.circuits.succeed(claimed.endpoint);
        this.logger.warn(
          `${claimed.app.definition.title} refused a renewal of connection ${claimed.row.id}: ${outcome.error}.`,
        );
        throw await this.end(claimed, 'refused', { unknown: sent.unknown });
      case 'throttled':
        throw await this.end(claimed, 'throttled', {
          unknown: sent.unknown,
          retryAfterSeconds: outcome.retryAfterSeconds,
        });
      case 'not_sent':
        throw await this.end(claimed, 'not_sent', { unknown: sent.unknown });
      case 'unknown':
        await this.noteUnknown(claimed, outcome.reason);
        throw await this.end(claimed, 'unknown_outcome', {
          unknown: sent.unknown,
          retryAfterSeconds: outcome.retryAfterSeconds,
        });
    }
  }

  /**
   * One POST, and a second one with the same token when the first had no clear end, or with the
   * resolver's present secret when that changed. `undefined`: nothing to send.
   */
  private async send(
    claimed: ClaimedRow,
    opened: OpenedRow,
  ): Promise<SentOutcome | typeof LAPSED | undefined> {
    const first = await this.post(claimed, opened, claimed.client);
    if (first === undefined || first === LAPSED) return first;
    const { outcome } = first;
    if (outcome.kind === 'credential_rejected' && opened.registered === undefined) {
      // A resolver that fails leaves the first answer to stand.
      const client = await claimed.app
        .credential(claimed.row.environment, true)
        .catch(() => claimed.client);
      if (client.secret === claimed.client.secret && client.id === claimed.client.id) return first;
      return (await this.again(claimed)) ? this.post(claimed, opened, client) : first;
    }
    if (outcome.kind === 'unknown' && outcome.reason !== 'redirect') {
      await this.circuits.fail(claimed.endpoint);
      if (outcome.retryAfterSeconds !== undefined || !(await this.again(claimed))) return first;
      const second = await this.post(claimed, opened, claimed.client);
      if (second === undefined || second === LAPSED) return first;
      const stillUnknown = second.outcome.kind === 'unknown' ? 1 : 0;
      if (stillUnknown === 1) await this.circuits.fail(claimed.endpoint);
      return { ...second, unknown: 1 + stillUnknown };
    }
    if (outcome.kind === 'unknown') await this.circuits.fail(claimed.endpoint);
    return first;
  }

  private async post(
    claimed: ClaimedRow,
    opened: OpenedRow,
    client: ClientCredential,
  ): Promise<SentOutcome | typeof LAPSED | undefined> {
    const { app, row, attemptId } = claimed;
    const request = this.requests.build(app, row.environment, client, opened.tokens);
    if (request === undefined) return undefined;
    if (!(await this.stillHolds(claimed))) return LAPSED;
    const sentAt = row.db_now + (performance.now() - claimed.receivedAt);
    publishStep('sending', row.id, attemptId);
    const response = await this.transport.send(request, this.holder.policy.httpTimeoutMs);
    publishStep('answered', row.id, attemptId);
    const outcome = readTokenAnswer(response);
    // Nothing can be lost where a new grant needs no person.
    const unknown = outcome.kind === 'unknown' && app.needsPerson ? 1 : 0;
    return { outcome, sentAt, unknown };
  }

  /**
   * A process that was frozen since its claim must not spend what another has meanwhile spent: with
   * too little of the claim left for a call, it is extended, or lost. What remains is a freeze
   * between here and the socket.
   */
  private async stillHolds(claimed: ClaimedRow): Promise<boolean> {
    const { policy } = this.holder;
    const used = performance.now() - claimed.receivedAt;
    if (!claimed.app.needsPerson || used < policy.storeBudgetMs) return true;
    return this.again(claimed);
  }

  /** Whether this process still holds its claim, now for one more call. */
  private async again({ app, row, attemptId }: ClaimedRow): Promise<boolean> {
    if (!app.needsPerson) return false;
    const extended = await this.database
      .write(EXTEND_CLAIM, { id: row.id, attempt: attemptId, lease: leaseMs(this.holder.policy) })
      .catch(() => undefined);
    return extended !== undefined;
  }

  private async store(
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
      policy: this.holder.policy,
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
    if (stored === undefined) return this.resolveLostStore(claimed);
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
    const stored = await this.rescue.keep(record, this.holder.policy.storeBudgetMs);
    if (!stored) throw failureError('store_unavailable', app, 1_000);
    await this.reader.load(row.id);
  }

  /** The same conditional statement, from a rescue file. */
  private async replay({ data }: RescueRecord): Promise<'stored' | 'obsolete'> {
    const parameters = {
      ...data,
      token_set: Buffer.from(data.token_set as string, 'base64'),
    } as unknown as ParametersOf<typeof STORE_TOKENS>;
    const row = await this.database.write(STORE_TOKENS, parameters);
    if (row !== undefined) return 'stored';
    // An earlier try may have been committed although its answer got lost.
    const now = await this.reader.row(parameters.id);
    return now?.attempt_id === parameters.attempt ? 'stored' : 'obsolete';
  }

  /**
   * Our conditional write met no row: either it had been committed before after all, or the
   * connection was withdrawn, reinstalled or healed by another. What is stored counts. Nothing is
   * revoked: where a provider revokes the grant with a token, a loser would kill the winner.
   */
  private async resolveLostStore({ row, attemptId, app }: ClaimedRow): Promise<void> {
    const now = await this.reader.row(row.id);
    if (now?.attempt_id !== attemptId) {
      await this.audit.note({
        actor: 'scheduler',
        action: 'refresh',
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

  /** Another result may have arrived meanwhile; only an unchanged token version is dead. */
  private async handleInvalidGrant(claimed: ClaimedRow, unknown: number): Promise<void> {
    const now = await this.reader.row(claimed.row.id);
    if (now === undefined || now.token_version !== claimed.row.token_version) {
      this.cache.drop(claimed.row.id);
      return;
    }
    return this.requireReauthorization(claimed, 'invalid_grant', unknown);
  }

  private async requireReauthorization(
    claimed: ClaimedRow,
    reason: string,
    unknown: number,
  ): Promise<void> {
    const { row, app, attemptId } = claimed;
    await this.database.run(async (transaction) => {
      const marked = await transaction.apply(REQUIRE_REAUTHORIZATION, {
        id: row.id,
        generation: row.generation,
        spent: row.token_version,
        reason,
        unknown,
      });
      if (marked === undefined) return;
      // In the same transaction: the trail names every merchant who has to act, and why.
      await this.audit.record(transaction, {
        actor: 'scheduler',
        action: 'refresh',
        outcome: 'reauthorization_required',
        reason: readConnectionRow(marked).status_reason ?? reason,
        provider: app.provider,
        app: app.name,
        environment: row.environment,
        connectionId: row.id,
        ...(row.owner !== null && { owner: row.owner }),
        attemptId,
      });
    });
    this.cache.drop(row.id);
  }

  /** Records the end of the attempt and returns the error for its callers. */
  private async end(
    { app, row, attemptId }: ClaimedRow,
    failure: RefreshFailure,
    details: { unknown: number; retryAfterSeconds?: number },
  ): Promise<FlockError> {
    const backoff = backoffMs(this.holder.policy, row.failures);
    const delay = Math.max(backoff, (details.retryAfterSeconds ?? 0) * 1_000);
    // If even this fails the claim lapses by itself, and the next owner counts an unknown outcome.
    await this.database
      .write(END_ATTEMPT, {
        id: row.id,
        attempt: attemptId,
        failure,
        delay,
        unknown: details.unknown,
      })
      .catch(() => undefined);
    return failureError(failure, app, delay);
  }

  private async noteUnknown({ app, row, attemptId }: ClaimedRow, reason: string): Promise<void> {
    if (!app.needsPerson) return;
    await this.audit.note({
      actor: 'scheduler',
      action: 'refresh',
      outcome: 'unknown',
      reason,
      provider: app.provider,
      app: app.name,
      environment: row.environment,
      connectionId: row.id,
      attemptId,
    });
  }

  private async noteLostScopes({ app, row }: ClaimedRow, lost: string[]): Promise<void> {
    if (lost.length === 0) return;
    this.logger.warn(`Connection ${row.id} lost scopes: ${lost.join(' ')}.`);
    await this.audit.note({
      actor: 'scheduler',
      action: 'refresh',
      outcome: 'scopes_reduced',
      reason: lost.join(' ').slice(0, 190),
      provider: app.provider,
      app: app.name,
      connectionId: row.id,
    });
  }
}
