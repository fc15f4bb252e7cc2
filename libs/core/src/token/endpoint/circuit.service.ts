import { Inject, Injectable, Logger } from '@nestjs/common';
import { AuditService } from '../../foundation/audit/audit.service.js';
import { Database } from '../../foundation/database/database.js';
import type { RegisteredApp } from '../../provider/registered-app.js';
import { FlockMetrics } from '../../foundation/telemetry/flock.metrics.js';
import type { RenewalPolicy } from './renewal-policy.js';
import { RENEWAL_POLICY } from './renewal-policy.js';

/** Longer than the pause between two tries of a connection. */
const CREDENTIAL_IDLE_MS = 900_000;
const ENDPOINT_IDLE_MS = 86_400_000;

export type CircuitKind = 'endpoint' | 'credential';

export interface Circuit {
  readonly id: string;
  readonly kind: CircuitKind;
  readonly app: RegisteredApp;
}

interface CircuitState {
  readonly failures: number;
  readonly open: boolean;
  /** `performance.now()` before which nobody may try. */
  readonly pausedUntil: number;
}

/** What stops spending, shared by the whole fleet through the store. */
@Injectable()
export class CircuitService {
  private readonly logger = new Logger('NestFlock');
  /** Circuits with failures, as the store had them a second ago; an absent one is healthy. */
  private known = new Map<string, CircuitState>();
  /** When this process last changed one itself: a read that began before knows less. */
  private readonly touched = new Map<string, number>();

  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    @Inject(RENEWAL_POLICY) private readonly policy: RenewalPolicy,
    private readonly metrics: FlockMetrics,
  ) {}

  /** Circuits that stop something now; for health. */
  openCount(): number {
    return [...this.known.values()].filter((state) => state.open).length;
  }

  /**
   * An unknown outcome at an endpoint, or a rejected credential. Never throws: an attempt has its own
   * end to record.
   */
  async fail(circuit: Circuit): Promise<void> {
    await this.countFailure(circuit).catch(() => this.notCounted(circuit));
  }

  /** A definite answer: what stopped goes on. Never throws. */
  async succeed(...circuits: readonly Circuit[]): Promise<void> {
    for (const circuit of circuits) {
      if (!this.known.has(circuit.id)) continue;
      await this.close(circuit).catch(() => this.notCounted(circuit));
    }
  }

  private notCounted(circuit: Circuit): void {
    this.logger.warn(`${describe(circuit)}: its state could not be stored.`);
  }

  private async countFailure(circuit: Circuit): Promise<void> {
    const { endpoint, threshold } = this.limits(circuit.kind);
    const failures = await this.database.run(async (transaction) => {
      const parameters = {
        id: circuit.id,
        kind: circuit.kind,
        provider: circuit.app.provider,
        app: circuit.app.name,
        threshold,
        pause: this.policy.probeIntervalMs,
      };
      await transaction.execute(
        `INSERT INTO flock_circuit (id, kind, provider, app, failures, is_open, changed_at)
         VALUES (:id, :kind, :provider, :app, 0, 0, {now}) ${this.database.dialect.ifAbsent}`,
        parameters,
      );
      await transaction.execute(
        // The count last: MySQL assigns one after the other.
        `UPDATE flock_circuit SET changed_at = {now},
           is_open = CASE WHEN failures + 1 >= :threshold THEN 1 ELSE is_open END,
           probe_at = CASE WHEN failures + 1 >= :threshold THEN {now} + :pause ELSE probe_at END,
           failures = failures + 1
         WHERE id = :id`,
        parameters,
      );
      transaction.follow();
      const row = await transaction.first('SELECT failures FROM flock_circuit WHERE id = :id', {
        id: circuit.id,
      });
      const count = Number(row?.failures);
      if (count === threshold) {
        await this.audit.record(transaction, {
          actor: 'scheduler',
          action: circuit.kind,
          outcome: 'stopped',
          reason: endpoint ? 'unknown_outcomes' : 'invalid_client',
          provider: circuit.app.provider,
          app: circuit.app.name,
        });
      }
      return count;
    });
    const open = failures >= threshold;
    this.touched.set(circuit.id, performance.now());
    this.known.set(circuit.id, { failures, open, pausedUntil: this.pauseFromNow(open) });
    if (failures === threshold) this.alarm(circuit);
  }

  private async close(circuit: Circuit): Promise<void> {
    const reopened = await this.database.run(async (transaction) => {
      const row = await transaction.first('SELECT is_open FROM flock_circuit WHERE id = :id', {
        id: circuit.id,
      });
      await transaction.execute('DELETE FROM flock_circuit WHERE id = :id', { id: circuit.id });
      transaction.follow();
      if (Number(row?.is_open ?? 0) !== 1) return false;
      await this.audit.record(transaction, {
        actor: 'scheduler',
        action: circuit.kind,
        outcome: 'resumed',
        provider: circuit.app.provider,
        app: circuit.app.name,
      });
      return true;
    });
    this.touched.set(circuit.id, performance.now());
    this.known.delete(circuit.id);
    if (reopened) this.logger.log(`${describe(circuit)} answers again; renewals go on.`);
  }

  /** As this process last heard, at most a second ago. */
  isOpen(circuit: Circuit): boolean {
    return this.known.get(circuit.id)?.open === true;
  }

  /** Open, and the next probe is not due yet. */
  isPaused(circuit: Circuit): boolean {
    const state = this.known.get(circuit.id);
    return state?.open === true && state.pausedUntil > performance.now();
  }

  private pauseFromNow(open: boolean): number {
    return open ? performance.now() + this.policy.probeIntervalMs : 0;
  }

  /** Which of these is open, by the store. */
  async openAmong(circuits: readonly Circuit[]): Promise<Circuit | undefined> {
    await this.reload();
    return circuits.find((circuit) => this.known.get(circuit.id)?.open === true);
  }

  /** The right to one probe; one per interval in the whole fleet. */
  async takeProbe(circuit: Circuit): Promise<boolean> {
    const taken = await this.database.run(async (transaction) => {
      const { affected } = await transaction.execute(
        `UPDATE flock_circuit SET probe_at = {now} + :pause
         WHERE id = :id AND is_open = 1 AND probe_at <= {now}`,
        { id: circuit.id, pause: this.policy.probeIntervalMs },
      );
      if (affected === 1) transaction.follow();
      return affected === 1;
    });
    const state = this.known.get(circuit.id);
    if (taken && state !== undefined) {
      this.touched.set(circuit.id, performance.now());
      this.known.set(circuit.id, { ...state, pausedUntil: this.pauseFromNow(true) });
    }
    return taken;
  }

  /** Reads all circuits; there are only as many as things that fail. */
  async reload(): Promise<void> {
    const began = performance.now();
    const rows = await this.database.read(
      'SELECT id, failures, is_open, probe_at, {now} AS db_now FROM flock_circuit',
    );
    const read = new Map(
      rows.map((row): [string, CircuitState] => [
        String(row.id),
        {
          failures: Number(row.failures),
          open: Number(row.is_open) === 1,
          pausedUntil: performance.now() + Number(row.probe_at ?? 0) - Number(row.db_now),
        },
      ]),
    );
    for (const [id, at] of this.touched) {
      if (at < began) {
        this.touched.delete(id);
        continue;
      }
      const own = this.known.get(id);
      if (own === undefined) read.delete(id);
      else read.set(id, own);
    }
    this.known = read;
  }

  /**
   * Forgets what nobody has met for a while: a credential that was replaced is never tried again, and
   * would look stopped for ever. If it is tried after all, two answers stop it again.
   */
  async prune(): Promise<void> {
    await this.database.run(async (transaction) => {
      const { affected } = await transaction.execute(
        `DELETE FROM flock_circuit WHERE (probe_at IS NULL OR probe_at < {now} - ${CREDENTIAL_IDLE_MS})
           AND changed_at < {now}
             - CASE WHEN kind = 'credential' THEN ${CREDENTIAL_IDLE_MS} ELSE ${ENDPOINT_IDLE_MS} END`,
      );
      if (affected > 0) transaction.follow();
    });
  }

  private limits(kind: CircuitKind) {
    const endpoint = kind === 'endpoint';
    const { spendStopAfter, credentialStopAfter } = this.policy;
    return { endpoint, threshold: endpoint ? spendStopAfter : credentialStopAfter };
  }

  private alarm(circuit: Circuit): void {
    this.metrics.circuitOpened(circuit.kind, circuit.app.provider);
    this.logger.error(
      circuit.kind === 'credential'
        ? `${describe(circuit)} was rejected by the provider. Renewals with it have stopped, no ` +
            'merchant is affected yet. Put the right credential in place; one probe per interval tries again.'
        : `${describe(circuit)} gave no clear answer ${this.policy.spendStopAfter} times in a row. ` +
            'Refresh tokens are kept back; one probe per interval tries again.',
    );
  }
}

function describe({ kind, app }: Circuit): string {
  const what = kind === 'credential' ? 'The client credential' : 'The token endpoint';
  return `${what} of ${app.definition.title} (app "${app.name}")`;
}
