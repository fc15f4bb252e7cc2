import { Injectable, Logger } from '@nestjs/common';
import { AuditService } from '../../foundation/audit/audit.service.js';
import { ConnectionCache } from '../../connection/connection.cache.js';
import { ConnectionLedger } from '../../connection/connection-ledger.js';
import { ConnectionReader } from '../../connection/connection.reader.js';
import { readConnectionRow } from '../../connection/connection.row.js';
import type { Transaction } from '../../foundation/database/unit-of-work.js';
import { Deployment } from '../../foundation/deployment/deployment.js';
import { FlockError } from '../../foundation/errors/flock.error.js';
import { KeySource } from '../../foundation/sealing/key-source.js';
import { FlockMetrics } from '../../foundation/telemetry/flock.metrics.js';
import { inSpan } from '../../foundation/telemetry/in-span.js';
import { publishStep } from '../../foundation/telemetry/renewal-steps.js';
import { Claims } from './claims.js';
import type { ClaimedRow, UsableClaim } from './claimed-row.js';
import { CircuitService } from '../endpoint/circuit.service.js';
import { RenewalRequests } from '../endpoint/renewal-request.js';
import type { OpenedRow } from '../endpoint/renewal-request.js';
import { failureError } from '../endpoint/renewal-failure.js';
import { END_SESSION, REQUIRE_REAUTHORIZATION } from './renewal.statements.js';
import { RenewalSender } from './renewal-sender.js';
import type { Sent } from './renewal-sender.js';
import { provedBy, verdictOf } from './verdict.js';
import { TokenStore } from './token-store.service.js';

/**
 * What happens under a claim: one POST, its result stored before anything else, every other end
 * recorded. Never leaves a claim open except by the death of the process.
 */
@Injectable()
export class RenewalAttemptService {
  private readonly logger = new Logger('NestFlock');

  constructor(
    private readonly claims: Claims,
    private readonly reader: ConnectionReader,
    private readonly cache: ConnectionCache,
    private readonly requests: RenewalRequests,
    private readonly circuits: CircuitService,
    private readonly store: TokenStore,
    private readonly audit: AuditService,
    private readonly ledger: ConnectionLedger,
    private readonly metrics: FlockMetrics,
    private readonly deployment: Deployment,
    private readonly keys: KeySource,
    private readonly sender: RenewalSender,
  ) {}

  /** Resolves when the cache holds what the store then has. @throws FlockError for every other end. */
  run(claimed: ClaimedRow): Promise<void> {
    const { row, app } = claimed;
    const started = performance.now();
    const attributes = { 'flock.provider': row.provider, 'flock.app': row.app };
    return inSpan('flock.renewal', attributes, async () => {
      try {
        await this.attempt(claimed);
        this.metrics.renewed(app.provider, 'renewed', performance.now() - started);
      } catch (error) {
        // Whatever went wrong that has no end of its own yet: the claim must not stay open.
        if (!(error instanceof FlockError))
          await this.claims.end(claimed, 'interrupted', { unknown: 0 });
        const code = error instanceof FlockError ? error.code : 'error';
        this.metrics.renewed(app.provider, code, performance.now() - started);
        throw error;
      } finally {
        publishStep('ended', row.id, claimed.attemptId);
      }
    });
  }

  private async attempt(claim: ClaimedRow): Promise<void> {
    let opened: OpenedRow;
    await this.keys.prepare(claim.row.token_set, claim.row.credential);
    try {
      opened = this.requests.open(claim.row);
    } catch {
      this.metrics.securityEvent('unreadable');
      throw await this.claims.end(claim, 'unreadable', { unknown: 0 });
    }
    if (!isUsable(claim)) throw await this.claims.end(claim, 'credential_missing', { unknown: 0 });
    const claimed = claim;
    const sent = await this.sender.send(claimed, opened);
    switch (sent.kind) {
      case 'answered':
        return this.conclude(claimed, sent);
      case 'nothing_to_send':
        return this.endSession(claimed);
      case 'held':
        await this.claims.postpone(claimed, sent.waitMs).catch(() => undefined);
        throw failureError('throttled', claimed.app, Math.ceil(sent.waitMs));
      case 'lapsed':
        // Nothing was spent, so nobody has to wait for it. If another instance has the connection by
        // now, what it stored counts.
        await this.claims.giveBack(claimed).catch(() => undefined);
        this.cache.drop(claimed.row.id);
    }
  }

  private async conclude(
    claimed: UsableClaim,
    { outcome, opened, sentAt, unknown }: Sent & { kind: 'answered' },
  ): Promise<void> {
    const { app, row } = claimed;
    const verdict = verdictOf(outcome, app);
    // Before anything else, the circuits included: the token may be the only one there is.
    if (verdict.kind === 'granted') {
      await this.store.store(claimed, opened, verdict.answer, sentAt);
    }
    await this.circuits.succeed(...provedBy(outcome).map((kind) => claimed[kind]));
    if (verdict.kind === 'granted') return;
    if (verdict.kind === 'grant_refused') return this.handleInvalidGrant(claimed, unknown);
    if (outcome.kind === 'credential_rejected') await this.circuits.fail(claimed.credential);
    if (outcome.kind === 'unknown') await this.noteUnknown(claimed, outcome.reason);
    if (outcome.kind === 'refused') {
      this.logger.warn(
        `${app.definition.title} refused a renewal of connection ${row.id}: ${outcome.error}.`,
      );
    }
    const { failure, retryAfterSeconds } = verdict;
    throw await this.claims.end(claimed, failure, { unknown, retryAfterSeconds });
  }

  /** Another result may have arrived meanwhile; only an unchanged token version is dead. */
  private async handleInvalidGrant(claimed: ClaimedRow, unknown: number): Promise<void> {
    const now = await this.reader.row(claimed.row.id);
    if (now === undefined || now.token_version !== claimed.row.token_version) {
      this.cache.drop(claimed.row.id);
      return;
    }
    // Spent, perhaps, after the backup that the store was restored from.
    const doubts = this.deployment.isDoubtful(now) ? 1 : 0;
    return this.requireReauthorization(claimed, 'invalid_grant', unknown + doubts);
  }

  /** There is nothing to renew with: the token is erased, and the user starts again. */
  private endSession(claimed: ClaimedRow): Promise<void> {
    const { id, generation, token_version: spent } = claimed.row;
    return this.mark(claimed, async (transaction) => {
      const ended = await transaction.apply(END_SESSION, { id, generation, spent });
      return ended && 'session_ended';
    });
  }

  private requireReauthorization(
    claimed: ClaimedRow,
    reason: string,
    unknown: number,
  ): Promise<void> {
    const { id, generation, token_version: spent } = claimed.row;
    const parameters = { id, generation, spent, reason, unknown };
    return this.mark(claimed, async (transaction) => {
      const marked = await transaction.apply(REQUIRE_REAUTHORIZATION, parameters);
      return marked && (readConnectionRow(marked).status_reason ?? reason);
    });
  }

  /**
   * A person must act. `change` says why, or nothing when the row had moved on; in the same
   * transaction, so that the trail names every merchant who has to act.
   */
  private async mark(
    { row, attemptId }: ClaimedRow,
    change: (transaction: Transaction) => Promise<string | undefined>,
  ): Promise<void> {
    const marked = await this.ledger.change(async (transaction, note) => {
      const reason = await change(transaction);
      if (reason === undefined) return false;
      const outcome = 'reauthorization_required';
      const trail = { actor: 'scheduler', action: 'renewal', outcome, reason, attemptId } as const;
      await note(row, { event: outcome, reason, trail });
      return true;
    });
    if (!marked) this.cache.drop(row.id);
  }

  private async noteUnknown({ app, row, attemptId }: ClaimedRow, reason: string): Promise<void> {
    if (!app.needsPerson) return;
    await this.audit.note({
      actor: 'scheduler',
      action: 'renewal',
      outcome: 'unknown',
      reason,
      provider: app.provider,
      app: app.name,
      environment: row.environment,
      connectionId: row.id,
      attemptId,
    });
  }
}

const isUsable = (claimed: ClaimedRow): claimed is UsableClaim =>
  claimed.client !== undefined && claimed.credential !== undefined;
