import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as wait } from 'node:timers/promises';
import type { CachedRow } from '../../connection/cached-connection.js';
import { ConnectionCache } from '../../connection/connection.cache.js';
import { ConnectionReader } from '../../connection/connection.reader.js';
import type { ConnectionRow } from '../../connection/connection.row.js';
import { Deployment } from '../../foundation/deployment/deployment.js';
import { FlockError } from '../../foundation/errors/flock.error.js';
import { ProviderRegistry } from '../../provider/provider.registry.js';
import type { ProviderPlace } from '../../provider/provider-place.js';
import { DEFAULT_ACCOUNT } from '../../provider/registered-app.js';
import type { RegisteredApp } from '../../provider/registered-app.js';
import { CircuitService } from '../endpoint/circuit.service.js';
import type { Circuit } from '../endpoint/circuit.service.js';
import { RenewalAttemptService } from './renewal-attempt.service.js';
import { Claims } from './claims.js';
import type { ClaimedRow } from './claimed-row.js';
import { failureError } from '../endpoint/renewal-failure.js';
import { RENEWAL_POLICY } from '../endpoint/renewal-policy.js';
import type { RenewalPolicy } from '../endpoint/renewal-policy.js';
import { pauseOf, waitOf } from './obstacle.js';
import type { Obstacle } from './obstacle.js';
import { placeOf, RenewalRequests } from '../endpoint/renewal-request.js';
import { RescueService } from '../rescue/rescue.service.js';
import { TokenSender } from '../endpoint/token-sender.js';

/**
 * Renews connections: one flight per connection and generation in this process, one claim in the
 * whole fleet. A flight outlives the request that started it.
 */
@Injectable()
export class RenewalService {
  private readonly flights = new Map<string, Promise<void>>();
  private quiet = false;

  constructor(
    private readonly claims: Claims,
    private readonly registry: ProviderRegistry,
    private readonly reader: ConnectionReader,
    private readonly cache: ConnectionCache,
    private readonly requests: RenewalRequests,
    private readonly circuits: CircuitService,
    private readonly rescue: RescueService,
    private readonly attempts: RenewalAttemptService,
    @Inject(RENEWAL_POLICY) private readonly policy: RenewalPolicy,
    private readonly deployment: Deployment,
    private readonly sender: TokenSender,
  ) {}

  /**
   * Resolves once a token set newer than `known.token_version` is stored, or the connection's state
   * changed otherwise; the caller looks again. `force` disregards the interval between renewals.
   * @throws FlockError
   */
  renew(known: CachedRow, options: { force?: boolean } = {}): Promise<void> {
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
    const { app, row, endpoint, credential } = claimed;
    if (this.rescue.has(row.id)) {
      // What would be spent has been spent, and its successor only waits for the store.
      await this.rescue.replay();
      await this.claims.giveBack(claimed);
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
      await this.claims.postpone(claimed, delay);
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
      const claimed = await this.claims.take(app, known, { force, probe: false });
      if (claimed !== undefined) return this.run(claimed);
      const now = await this.reader.row(known.id);
      if (now === undefined || hasMoved(known, now)) {
        this.cache.drop(known.id);
        return;
      }
      const obstacle = await this.obstacle(app, now, round);
      switch (obstacle.kind) {
        case 'stop':
          throw failureError(obstacle.failure, app, obstacle.ms);
        case 'probe': {
          const probing = await this.claims.take(app, known, { force, probe: true });
          if (probing !== undefined) return this.run(probing, obstacle.circuit);
          break;
        }
        case 'wait':
          if (performance.now() + obstacle.ms > giveUp) throw timedOut(app);
          await wait(obstacle.ms);
      }
    }
  }

  private async obstacle(app: RegisteredApp, row: ConnectionRow, round: number): Promise<Obstacle> {
    return pauseOf(row) ?? (await this.stopped(app, row)) ?? waitOf(row, this.policy, round);
  }

  /** What is stopped for this row, if anything is. */
  private async stopped(app: RegisteredApp, row: ConnectionRow): Promise<Obstacle | undefined> {
    const place = placeOf(app, row);
    const endpoint = this.requests.endpointCircuit(app, place);
    const credential =
      row.credential === null ? await this.requests.configuredCircuit(app, place) : undefined;
    const open = await this.circuits.openAmong(
      credential === undefined ? [endpoint] : [endpoint, credential],
    );
    return open && this.probeOrStop(app, place, open);
  }

  private async probeOrStop(
    app: RegisteredApp,
    place: ProviderPlace,
    open: Circuit,
  ): Promise<Obstacle> {
    if (open.kind === 'credential' && (await this.requests.isReplaced(app, place, open))) {
      return { kind: 'wait', ms: 0 };
    }
    if (await this.circuits.takeProbe(open)) return { kind: 'probe', circuit: open };
    return { kind: 'stop', failure: stoppedBy(open), ms: this.policy.probeIntervalMs };
  }
}

const stoppedBy = ({ kind }: Circuit) =>
  kind === 'credential' ? ('credential_rejected' as const) : ('spending_stopped' as const);

const hasMoved = (known: CachedRow, now: ConnectionRow): boolean =>
  now.generation !== known.generation ||
  now.token_version !== known.token_version ||
  now.status !== 'active';

const timedOut = (app: RegisteredApp): FlockError =>
  new FlockError(
    'renewal_timeout',
    `Another instance is renewing this token of ${app.definition.title} and has not finished.`,
    { retryAfterSeconds: 1 },
  );
