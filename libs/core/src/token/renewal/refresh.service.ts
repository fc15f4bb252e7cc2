import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import type { CachedRow } from '../../connection/cached-connection.js';
import { ConnectionCache } from '../../connection/connection.cache.js';
import { ConnectionReader } from '../../connection/connection.reader.js';
import { readConnectionRow } from '../../connection/connection.row.js';
import type { ConnectionRow } from '../../connection/connection.row.js';
import { Database } from '../../foundation/database/database.js';
import { Deployment } from '../../foundation/deployment/deployment.js';
import { FlockError } from '../../foundation/errors/flock.error.js';
import { ProviderRegistry } from '../../provider/provider.registry.js';
import type { ProviderPlace } from '../../provider/provider-place.js';
import { DEFAULT_ACCOUNT } from '../../provider/registered-app.js';
import type { RegisteredApp } from '../../provider/registered-app.js';
import { publishStep } from '../../foundation/telemetry/refresh-steps.js';
import { CircuitService } from '../endpoint/circuit.service.js';
import type { Circuit } from '../endpoint/circuit.service.js';
import { RefreshAttemptService } from './refresh-attempt.service.js';
import type { ClaimedRow } from './claimed-row.js';
import { failureError } from '../endpoint/refresh-failure.js';
import { REFRESH_POLICY, leaseMs } from '../endpoint/refresh-policy.js';
import type { RefreshPolicy } from '../endpoint/refresh-policy.js';
import { CLAIM, POSTPONE_CLAIM, RELEASE_CLAIM } from './refresh.statements.js';
import { placeOf, RenewalRequests } from '../endpoint/renewal-request.js';
import { RescueService } from '../rescue/rescue.service.js';
import { Takeover } from './takeover.js';
import { TokenSender } from '../endpoint/token-sender.js';
import { untilAnswered } from './until-answered.js';

type RowState = Pick<
  ConnectionRow,
  | 'id'
  | 'app'
  | 'provider'
  | 'environment'
  | 'account'
  | 'server_url'
  | 'generation'
  | 'token_version'
>;

/** A claim that did not succeed: look again after `waitMs`, or give up with `error`. */
type Held = { readonly waitMs: number } | { readonly error: FlockError };

/**
 * Renews connections: one flight per connection and generation in this process, one claim in the
 * whole fleet. A flight outlives the request that started it.
 */
@Injectable()
export class RefreshService {
  /** Names this process in claims. */
  readonly owner = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
  private readonly flights = new Map<string, Promise<void>>();
  private quiet = false;

  constructor(
    private readonly database: Database,
    private readonly registry: ProviderRegistry,
    private readonly reader: ConnectionReader,
    private readonly cache: ConnectionCache,
    private readonly requests: RenewalRequests,
    private readonly circuits: CircuitService,
    private readonly rescue: RescueService,
    private readonly attempts: RefreshAttemptService,
    @Inject(REFRESH_POLICY) private readonly policy: RefreshPolicy,
    private readonly takeover: Takeover,
    private readonly deployment: Deployment,
    private readonly sender: TokenSender,
  ) {}

  /**
   * Resolves once a token set newer than `known.token_version` is stored, or the connection's state
   * changed otherwise; the caller looks again. `force` disregards the interval between renewals.
   * @throws FlockError
   */
  refresh(known: CachedRow, options: { force?: boolean } = {}): Promise<void> {
    const key = `${known.id}/${known.generation}`;
    const flying = this.flights.get(key);
    if (flying !== undefined) return flying;
    return this.track(key, this.fly(known, options.force === true));
  }

  /** Runs a claim that the scheduler took, as the flight of its connection. */
  resume(claimed: ClaimedRow): Promise<void> {
    return this.track(`${claimed.row.id}/${claimed.row.generation}`, this.run(claimed));
  }

  /** Waits until no flight is under way, those included that start meanwhile. */
  async settled(): Promise<void> {
    while (this.flights.size > 0) await Promise.allSettled(this.flights.values());
  }

  /** From now on nothing is renewed ahead of need; who needs a token still gets it. */
  quiesce(): void {
    this.quiet = true;
  }

  get isQuiet(): boolean {
    return this.quiet;
  }

  /** An account's own server and credential are known only under the claim; if stopped, it goes back. */
  private async run(claimed: ClaimedRow, probed?: Circuit): Promise<void> {
    const { app, row, attemptId, endpoint, credential } = claimed;
    if (this.rescue.has(row.id)) {
      // What would be spent has been spent, and its successor only waits for the store.
      await this.rescue.replay();
      await this.database.write(RELEASE_CLAIM, { id: row.id, attempt: attemptId });
      if (this.rescue.has(row.id)) throw failureError('store_unavailable', app, 1_000);
      return;
    }
    const own = row.credential !== null || row.account !== DEFAULT_ACCOUNT;
    const circuits = own && !app.needsPerson ? [endpoint, credential] : [];
    for (const circuit of circuits) {
      // The right to a probe is taken once.
      if (circuit === undefined || circuit.id === probed?.id || !this.circuits.isOpen(circuit))
        continue;
      const open = await this.circuits.openAmong([circuit]);
      if (open === undefined || (await this.circuits.takeProbe(circuit))) continue;
      const { probeIntervalMs } = this.policy;
      // Not at once again, and not all together: the scheduler would go round in circles.
      const delay = Math.round(probeIntervalMs * (0.5 + Math.random()));
      await this.database.write(POSTPONE_CLAIM, { id: row.id, attempt: attemptId, delay });
      throw failureError(stoppedBy(circuit), app, probeIntervalMs);
    }
    return this.attempts.run(claimed);
  }

  private track(key: string, work: Promise<void>): Promise<void> {
    const flight = work.finally(() => {
      if (this.flights.get(key) === flight) this.flights.delete(key);
    });
    this.flights.set(key, flight);
    return flight;
  }

  private async fly(known: CachedRow, force: boolean): Promise<void> {
    const app = this.registry.get(known.provider, known.app);
    const giveUp = performance.now() + this.policy.waitMs;
    for (let round = 0; ; round += 1) {
      this.deployment.assertOurs();
      if (this.rescue.has(known.id)) {
        await this.rescue.replay();
        if (this.rescue.has(known.id)) throw failureError('store_unavailable', app, 1_000);
        return;
      }
      const { restMs } = await this.sender.peek(app, placeOf(app, known));
      if (restMs > 0) throw failureError('throttled', app, restMs);
      const claimed = await this.claim(app, known, { force, probe: false });
      if (claimed !== undefined) return this.run(claimed);
      const now = await this.reader.row(known.id);
      if (now === undefined || hasMoved(known, now)) {
        this.cache.drop(known.id);
        return;
      }
      const held = await this.whyHeld(app, now, round);
      if ('probe' in held) {
        const probing = await this.claim(app, known, { force, probe: true });
        if (probing !== undefined) return this.run(probing, held.probe);
        continue;
      }
      if ('error' in held) throw held.error;
      if (performance.now() + held.waitMs > giveUp) throw timedOut(app);
      await wait(held.waitMs);
    }
  }

  /** One conditional update; `undefined` when somebody or something is in the way. */
  async claim(
    app: RegisteredApp,
    known: RowState,
    options: { force: boolean; probe: boolean },
  ): Promise<ClaimedRow | undefined> {
    const { policy } = this;
    const attemptId = randomUUID();
    const place = placeOf(app, known);
    const endpoint = this.requests.endpointCircuit(app, place);
    const credential = await this.configuredCircuit(app, place);
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
    return this.claimed(app, readConnectionRow(raw), { attemptId, askedAt, receivedAt });
  }

  /** Completes a claim with the credential of its row. */
  async claimed(
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

  /** The circuit of the credential that the configuration gives for a place, if it gives one. */
  private async configuredCircuit(
    app: RegisteredApp,
    place: ProviderPlace,
  ): Promise<Circuit | undefined> {
    if (!app.hasCredential(place)) return undefined;
    return this.requests.credentialCircuit(app, place, await app.credential(place));
  }

  private async whyHeld(
    app: RegisteredApp,
    row: ConnectionRow,
    round: number,
  ): Promise<Held | { readonly probe: Circuit }> {
    const { policy } = this;
    if (row.retry_at !== null && row.retry_at > row.db_now) {
      return {
        error: failureError(row.failure ?? 'unknown_outcome', app, row.retry_at - row.db_now),
      };
    }
    const place = placeOf(app, row);
    const endpoint = this.requests.endpointCircuit(app, place);
    const credential =
      row.credential === null ? await this.configuredCircuit(app, place) : undefined;
    const open = await this.circuits.openAmong(
      credential === undefined ? [endpoint] : [endpoint, credential],
    );
    if (open !== undefined) return this.probeOrStop(app, place, open);
    const interval = (row.refreshed_at ?? 0) + policy.minIntervalMs - row.db_now;
    if (row.claim_id === null && interval > 0) return { waitMs: interval + 1 };
    // Held by another instance: look again soon, then less often.
    return { waitMs: Math.min(500, 50 * 1.5 ** round) * (0.75 + 0.5 * Math.random()) };
  }

  private async probeOrStop(
    app: RegisteredApp,
    place: ProviderPlace,
    open: Circuit,
  ): Promise<Held | { readonly probe: Circuit }> {
    if (open.kind === 'credential' && (await this.requests.isReplaced(app, place, open))) {
      return { waitMs: 0 };
    }
    if (await this.circuits.takeProbe(open)) return { probe: open };
    return { error: failureError(stoppedBy(open), app, this.policy.probeIntervalMs) };
  }
}

const stoppedBy = ({ kind }: Circuit) =>
  kind === 'credential' ? ('credential_rejected' as const) : ('spending_stopped' as const);

const hasMoved = (known: RowState, now: ConnectionRow): boolean =>
  now.generation !== known.generation ||
  now.token_version !== known.token_version ||
  now.status !== 'active';

const timedOut = (app: RegisteredApp): FlockError =>
  new FlockError(
    'refresh_timeout',
    `Another instance is renewing this token of ${app.definition.title} and has not finished.`,
    { retryAfterSeconds: 1 },
  );
