import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { ConnectionCache } from '../../connection/connection.cache.js';
import { readConnectionRow } from '../../connection/connection.row.js';
import type { ConnectionRow } from '../../connection/connection.row.js';
import { Database } from '../../foundation/database/database.js';
import type { ParametersOf } from '../../foundation/database/statement.js';
import { Deployment } from '../../foundation/deployment/deployment.js';
import type { FlockError } from '../../foundation/errors/flock.error.js';
import { publishStep } from '../../foundation/telemetry/renewal-steps.js';
import type { RegisteredApp } from '../../provider/registered-app.js';
import { failureError } from '../endpoint/renewal-failure.js';
import type { RenewalFailure } from '../endpoint/renewal-failure.js';
import { RENEWAL_POLICY, backoffMs, leaseMs } from '../endpoint/renewal-policy.js';
import type { RenewalPolicy } from '../endpoint/renewal-policy.js';
import { placeOf, RenewalRequests } from '../endpoint/renewal-request.js';
import type { PlacedRow } from '../endpoint/renewal-request.js';
import {
  CLAIM,
  END_ATTEMPT,
  EXTEND_CLAIM,
  POSTPONE_CLAIM,
  RELEASE_CLAIM,
} from './claim.statements.js';
import type { ClaimedRow } from './claimed-row.js';
import { DueConnections } from './due-connections.js';
import type { DueClaim, RenewalQueue } from './due-connections.js';
import { Takeover } from './takeover.js';
import { untilAnswered } from './until-answered.js';

/** Which token version of which connection is to be spent. */
type Spendable = PlacedRow & Pick<ConnectionRow, 'id' | 'generation' | 'token_version'>;

/**
 * The right of one process in the fleet to spend a connection's token: taken, extended, given back or
 * ended here, for callers and the scheduler alike.
 */
@Injectable()
export class Claims {
  /** Names this process in claims. */
  readonly owner = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;

  constructor(
    private readonly database: Database,
    private readonly cache: ConnectionCache,
    private readonly requests: RenewalRequests,
    private readonly takeover: Takeover,
    private readonly due: DueConnections,
    private readonly deployment: Deployment,
    @Inject(RENEWAL_POLICY) private readonly policy: RenewalPolicy,
  ) {}

  /**
   * One conditional update; `undefined` when somebody or something is in the way.
   * @param options.force disregards the interval between renewals
   * @param options.probe this process holds the right to the one probe of what is stopped
   * @throws FlockError `provider_unavailable` when the store does not answer
   */
  async take(
    app: RegisteredApp,
    known: Spendable,
    options: { force: boolean; probe: boolean },
  ): Promise<ClaimedRow | undefined> {
    const { policy } = this;
    const attemptId = randomUUID();
    const place = placeOf(app, known);
    const endpoint = this.requests.endpointCircuit(app, place);
    const credential = await this.requests.configuredCircuit(app, place);
    publishStep('claiming', known.id, attemptId);
    const askedAt = performance.now();
    const raw = await this.database
      .write(CLAIM, {
        id: known.id,
        attempt: attemptId,
        owner: this.owner,
        lease: leaseMs(policy),
        grace: this.takeover.graceMs(app),
        interval: options.force ? 0 : policy.minIntervalMs,
        generation: known.generation,
        version: known.token_version,
        rotating: app.needsPerson ? 1 : 0,
        probe: options.probe ? 1 : 0,
        endpoint: endpoint.id,
        credential: credential?.id ?? '',
        deployment: this.deployment.name,
      })
      .catch(() => {
        // Nothing was spent: the store is asked before the provider. It may have taken the claim all the same.
        void untilAnswered(leaseMs(policy), () =>
          this.database.write(RELEASE_CLAIM, { id: known.id, attempt: attemptId }),
        );
        throw failureError('store_unavailable', app, 1_000);
      });
    if (raw === undefined) return undefined;
    const receivedAt = performance.now();
    publishStep('claimed', known.id, attemptId);
    return this.complete(app, readConnectionRow(raw), { attemptId, askedAt, receivedAt });
  }

  /** What is due, up to a limit. Each row has its own attempt: results are kept and compared by it. */
  async takeDue(queue: RenewalQueue, wanted: Omit<DueClaim, 'owner'>): Promise<ClaimedRow[]> {
    const askedAt = performance.now();
    const rows = await this.due.claim(queue, { ...wanted, owner: this.owner });
    const receivedAt = performance.now();
    const claims = await Promise.all(
      rows.map((row) =>
        this.complete(queue.app, row, { attemptId: row.claim_id as string, askedAt, receivedAt })
          // A row that makes no sense does not keep those that were claimed with it.
          .catch(() => this.endUnreadable(row)),
      ),
    );
    return claims.filter((claim) => claim !== undefined);
  }

  /** Whether this process still holds it, now for one more call. */
  async extend({ app, row, attemptId }: ClaimedRow): Promise<boolean> {
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

  /** As if it had not been taken. */
  async giveBack({ row, attemptId: attempt }: ClaimedRow): Promise<void> {
    await this.database.write(RELEASE_CLAIM, { id: row.id, attempt });
  }

  /** As if it had not been taken; the scheduler comes again then. */
  async postpone({ row, attemptId: attempt }: ClaimedRow, delayMs: number): Promise<void> {
    await this.database.write(POSTPONE_CLAIM, { id: row.id, attempt, delay: Math.ceil(delayMs) });
  }

  /** Records the end of an attempt that brought no token, and returns the error for its callers. */
  async end(
    { app, row, attemptId }: ClaimedRow,
    failure: RenewalFailure,
    details: { unknown: number; retryAfterSeconds?: number | undefined },
  ): Promise<FlockError> {
    const backoff = backoffMs(this.policy, row.failures);
    const delay = Math.max(backoff, (details.retryAfterSeconds ?? 0) * 1_000);
    const { unknown } = details;
    await this.record({ id: row.id, attempt: attemptId, failure, delay, unknown });
    // The guard tells by the row that a credential was rejected.
    if (failure === 'credential_rejected') this.cache.drop(row.id);
    return failureError(failure, app, delay);
  }

  /** With the credential of its row. */
  private async complete(
    app: RegisteredApp,
    row: ConnectionRow,
    parts: Pick<ClaimedRow, 'attemptId' | 'askedAt' | 'receivedAt'>,
  ): Promise<ClaimedRow> {
    const place = placeOf(app, row);
    const claimed = { app, row, ...parts, endpoint: this.requests.endpointCircuit(app, place) };
    try {
      const client = await this.requests.client(app, row);
      const credential = this.requests.credentialCircuit(app, place, client);
      return { ...claimed, client, credential };
    } catch {
      // The attempt says which it is, missing or unreadable, and records that.
      return claimed;
    }
  }

  private async endUnreadable({ id, claim_id: attempt }: ConnectionRow): Promise<undefined> {
    const delay = this.policy.backoffCapMs;
    await this.record({
      id,
      attempt: attempt as string,
      failure: 'unreadable',
      delay,
      unknown: 0,
    });
  }

  /** If even this fails the claim lapses by itself, and the next owner counts an unknown outcome. */
  private async record(
    end: ParametersOf<typeof END_ATTEMPT> & { failure: RenewalFailure },
  ): Promise<void> {
    await this.database.write(END_ATTEMPT, end).catch(() => undefined);
  }
}
