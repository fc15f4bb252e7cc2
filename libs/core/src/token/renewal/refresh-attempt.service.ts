import { Inject, Injectable, Logger } from '@nestjs/common';
import { AuditService } from '../../foundation/audit/audit.service.js';
import { ConnectionCache } from '../../connection/connection.cache.js';
import { ConnectionLedger } from '../../connection/connection-ledger.js';
import { ConnectionReader } from '../../connection/connection.reader.js';
import { readConnectionRow } from '../../connection/connection.row.js';
import { Database } from '../../foundation/database/database.js';
import type { Transaction } from '../../foundation/database/unit-of-work.js';
import { Deployment } from '../../foundation/deployment/deployment.js';
import { FlockError } from '../../foundation/errors/flock.error.js';
import type { TokenOutcome } from '../../provider/token-answer.js';
import type { ClientCredential } from '../../provider/token-call.js';
import { KeySource } from '../../foundation/sealing/key-source.js';
import { FlockMetrics } from '../../foundation/telemetry/flock.metrics.js';
import { inSpan } from '../../foundation/telemetry/in-span.js';
import { publishStep } from '../../foundation/telemetry/refresh-steps.js';
import type { ClaimedRow, UsableClaim } from './claimed-row.js';
import { CircuitService } from '../endpoint/circuit.service.js';
import { placeOf, RenewalRequests } from '../endpoint/renewal-request.js';
import type { OpenedRow } from '../endpoint/renewal-request.js';
import { failureError } from '../endpoint/refresh-failure.js';
import type { RefreshFailure } from '../endpoint/refresh-failure.js';
import { REFRESH_POLICY, backoffMs, leaseMs } from '../endpoint/refresh-policy.js';
import type { RefreshPolicy } from '../endpoint/refresh-policy.js';
import {
  END_ATTEMPT,
  END_SESSION,
  EXTEND_CLAIM,
  POSTPONE_CLAIM,
  RELEASE_CLAIM,
  REQUIRE_REAUTHORIZATION,
} from './refresh.statements.js';
import { TokenSender } from '../endpoint/token-sender.js';
import { TokenStore } from './token-store.service.js';

/** Not sent: the endpoint takes nothing for so long. Nothing was spent, and nothing has failed. */
interface Held {
  readonly kind: 'held';
  readonly waitMs: number;
}

interface SentOutcome {
  readonly outcome: TokenOutcome | Held;
  /** The database's time when the request left. */
  readonly sentAt: number;
  /** Sends that ended with nobody knowing whether the token was spent. */
  readonly unknown: number;
  /** What was sent was built of this. */
  readonly opened: OpenedRow;
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
    private readonly requests: RenewalRequests,
    private readonly circuits: CircuitService,
    private readonly store: TokenStore,
    private readonly audit: AuditService,
    private readonly ledger: ConnectionLedger,
    private readonly metrics: FlockMetrics,
    @Inject(REFRESH_POLICY) private readonly policy: RefreshPolicy,
    private readonly deployment: Deployment,
    private readonly keys: KeySource,
    private readonly sender: TokenSender,
  ) {}

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

  private async attempt(claim: ClaimedRow): Promise<void> {
    let opened: OpenedRow;
    await this.keys.prepare(claim.row.token_set, claim.row.credential);
    try {
      opened = this.requests.open(claim.row);
    } catch {
      this.metrics.securityEvent('unreadable');
      throw await this.end(claim, 'unreadable', { unknown: 0 });
    }
    if (!isUsable(claim)) throw await this.end(claim, 'credential_missing', { unknown: 0 });
    const claimed = claim;
    const sent = await this.send(claimed, opened);
    if (sent === LAPSED) {
      // Nothing was spent, so nobody has to wait for it. If another instance has the connection by
      // now, what it stored counts.
      const { id } = claimed.row;
      const { attemptId: attempt } = claimed;
      await this.database.write(RELEASE_CLAIM, { id, attempt }).catch(() => undefined);
      this.cache.drop(id);
      return;
    }
    if (sent === undefined) return this.endSession(claimed);
    const { outcome } = sent;
    if (outcome.kind === 'granted') {
      // Before anything else, the circuits included: the token may be the only one there is.
      await this.store.store(claimed, sent.opened, outcome.answer, sent.sentAt);
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
        throw await this.end(
          claimed,
          outcome.error === 'ip_not_allowed' ? 'ip_not_allowed' : 'refused',
          { unknown: sent.unknown },
        );
      case 'throttled':
        throw await this.end(claimed, 'throttled', {
          unknown: sent.unknown,
          retryAfterSeconds: outcome.retryAfterSeconds,
        });
      case 'held':
        throw await this.postpone(claimed, outcome.waitMs);
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
   * The grant's POST. Where a refresh token is only a short cut, what it meets says nothing about the
   * credential: it is dropped, and a token obtained anew, once.
   */
  private async send(
    claimed: UsableClaim,
    opened: OpenedRow,
  ): Promise<SentOutcome | typeof LAPSED | undefined> {
    const { app } = claimed;
    const shortcut = !app.needsPerson && app.definition.refreshes === true;
    if (shortcut && opened.tokens?.refreshToken !== undefined) {
      const first = await this.post(claimed, opened, claimed.client);
      if (first === undefined || first === LAPSED || !leadsNowhere(first.outcome)) return first;
      const { refreshToken: _refused, ...kept } = opened.tokens;
      return this.sendGrant(claimed, { ...opened, tokens: kept });
    }
    return this.sendGrant(claimed, opened);
  }

  /**
   * One POST, and a second one with the same token when the first had no clear end, or with the
   * resolver's present secret when that changed. `undefined`: nothing to send.
   */
  private async sendGrant(
    claimed: UsableClaim,
    opened: OpenedRow,
  ): Promise<SentOutcome | typeof LAPSED | undefined> {
    const { app } = claimed;
    const first = await this.post(claimed, opened, claimed.client);
    if (first === undefined || first === LAPSED) return first;
    const { outcome } = first;
    if (outcome.kind === 'credential_rejected' && opened.registered === undefined) {
      // A resolver that fails leaves the first answer to stand.
      const client = await app
        .credential(placeOf(app, claimed.row), true)
        .catch(() => claimed.client);
      if (client.secret === claimed.client.secret && client.id === claimed.client.id) return first;
      const may = !app.needsPerson || (await this.again(claimed));
      return may ? this.post(claimed, opened, client) : first;
    }
    if (outcome.kind === 'unknown' && outcome.reason !== 'redirect') {
      await this.circuits.fail(claimed.endpoint);
      if (outcome.retryAfterSeconds !== undefined || !(await this.again(claimed))) return first;
      const second = await this.post(claimed, opened, claimed.client);
      if (second === undefined || second === LAPSED || second.outcome.kind === 'held') return first;
      const stillUnknown = second.outcome.kind === 'unknown' ? 1 : 0;
      if (stillUnknown === 1) await this.circuits.fail(claimed.endpoint);
      return { ...second, unknown: 1 + stillUnknown };
    }
    if (outcome.kind === 'unknown') await this.circuits.fail(claimed.endpoint);
    return first;
  }

  private async post(
    claimed: UsableClaim,
    opened: OpenedRow,
    client: ClientCredential,
  ): Promise<SentOutcome | typeof LAPSED | undefined> {
    const { app, row, attemptId } = claimed;
    const request = this.requests.build(app, row, client, opened.tokens);
    if (request === undefined) return undefined;
    const place = placeOf(app, row);
    const waitMs = await this.sender.book(app, place);
    if (waitMs > 0) {
      return { outcome: { kind: 'held', waitMs }, sentAt: row.db_now, unknown: 0, opened };
    }
    if (!(await this.stillHolds(claimed))) return LAPSED;
    const sentAt = row.db_now + (performance.now() - claimed.receivedAt);
    publishStep('sending', row.id, attemptId);
    const { outcome } = await this.sender.send(app, place, request);
    publishStep('answered', row.id, attemptId);
    // Nothing can be lost where a new grant needs no person.
    const unknown = outcome.kind === 'unknown' && app.needsPerson ? 1 : 0;
    return { outcome, sentAt, unknown, opened };
  }

  /**
   * A process that was frozen since it asked for its claim must not spend what another has meanwhile spent: with
   * too little of the claim left for a call, it is extended, or lost. What remains is a freeze
   * between here and the socket.
   */
  private async stillHolds(claimed: ClaimedRow): Promise<boolean> {
    const { policy } = this;
    const used = performance.now() - claimed.askedAt;
    if (!claimed.app.needsPerson || used < policy.storeBudgetMs) return true;
    return this.again(claimed);
  }

  /** Whether this process still holds its claim, now for one more call. */
  private async again({ app, row, attemptId }: ClaimedRow): Promise<boolean> {
    if (!app.needsPerson) return false;
    const extended = await this.database
      .write(EXTEND_CLAIM, {
        id: row.id,
        attempt: attemptId,
        lease: leaseMs(this.policy),
        deployment: this.deployment.name,
      })
      .catch(() => undefined);
    return extended !== undefined;
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
      const trail = { actor: 'scheduler', action: 'refresh', outcome, reason, attemptId } as const;
      await note(row, { event: outcome, reason, trail });
      return true;
    });
    if (!marked) this.cache.drop(row.id);
  }

  /** Records the end of the attempt and returns the error for its callers. */
  private async end(
    { app, row, attemptId }: ClaimedRow,
    failure: RefreshFailure,
    details: { unknown: number; retryAfterSeconds?: number },
  ): Promise<FlockError> {
    const backoff = backoffMs(this.policy, row.failures);
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
    // The guard tells by the row that a credential was rejected.
    if (failure === 'credential_rejected') this.cache.drop(row.id);
    return failureError(failure, app, delay);
  }

  /** Gives the claim back as if it had not been taken; the scheduler comes when the endpoint takes calls again. */
  private async postpone({ app, row, attemptId }: ClaimedRow, waitMs: number): Promise<FlockError> {
    const delay = Math.ceil(waitMs);
    await this.database
      .write(POSTPONE_CLAIM, { id: row.id, attempt: attemptId, delay })
      .catch(() => undefined);
    return failureError('throttled', app, delay);
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
}

const isUsable = (claimed: ClaimedRow): claimed is UsableClaim =>
  claimed.client !== undefined && claimed.credential !== undefined;

/** What was sent is not accepted, or nobody knows, and nothing is lost by trying the other way. */
const leadsNowhere = ({ kind }: SentOutcome['outcome']): boolean =>
  kind === 'dead' || kind === 'refused' || kind === 'credential_rejected' || kind === 'unknown';
