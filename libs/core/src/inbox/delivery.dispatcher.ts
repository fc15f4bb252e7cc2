import { Inject, Injectable, Logger } from '@nestjs/common';
import { setTimeout as wait } from 'node:timers/promises';
import { Database } from '../foundation/database/database.js';
import type { SqlRow } from '../foundation/database/statement.js';
import type { DeliveryEnd } from '../foundation/fleet/delivery-queue.js';
import { Fleet } from '../foundation/fleet/fleet.js';
import { FlockMetrics } from '../foundation/telemetry/flock.metrics.js';
import { inSpan } from '../foundation/telemetry/in-span.js';
import type { Connection } from '../provider/connection.js';
import type { KeptEvent } from '../provider/kept-event.js';
import type { Delivery } from './delivery.js';
import { toDelivery } from './to-delivery.js';
import { DELIVERY_SUBJECT } from './delivery-subject.js';
import type { DeliverySubject } from './delivery-subject.js';
import { DeliveryHandlers } from './delivery-handlers.js';
import type { DeliveryHandler } from './delivery-handlers.js';
import { isOpen, outcomeOf, stateAfter } from './delivery-end.js';
import { DELIVERY_POLICY } from './delivery-policy.js';
import type { DeliveryPolicy } from './delivery-policy.js';
import { PRIORITY } from './delivery.row.js';
import type { DeliveryRow, HandlerState } from './delivery.row.js';
import { runHandler } from './delivery-run.js';
import {
  EXTEND_DELIVERY,
  FINISH_DELIVERY,
  KEEP_PROGRESS,
  POSTPONE_DELIVERY,
} from './delivery.statements.js';
import { DeliveryStore } from './delivery.store.js';
import { DueDeliveries } from './due-deliveries.js';

/** Slots beyond the concurrency, for lifecycle events alone. */
const RESERVED = 4;
/** Time that handlers have to end when the process does. */
const STOP_WITHIN_MS = 10_000;
/** What the library itself cannot do anything about keeps its handlers waiting no longer. */
const RECORD_AGAIN_MS = 250;
/** The lifecycle wakes the dispatcher so often. */
const LOOK_MS = 1_000;
/** What the fleet's workers have not taken by then is taken from the store. */
const QUEUED_MS = 3_000;
/** Of the concurrency: slots for that, whatever the workers of this process do. */
const LOST_SHARE = 0.25;

interface Running {
  readonly row: DeliveryRow;
  /** Taken from the store by a look, not by a worker of the fleet. */
  readonly found: boolean;
  /** The present one: a claim that lapsed under us is taken over, not run beside. */
  claim: string;
  /** The present state of every handler. */
  readonly states: Record<string, HandlerState>;
  /** The shortest pause that a handler asked for. */
  later?: number;
}

/**
 * Takes deliveries that are due and runs their handlers. Each handler's end is committed at once; a
 * delivery that is not done with all of them comes back, and runs only those.
 */
@Injectable()
export class DeliveryDispatcher {
  private readonly logger = new Logger('NestFlock');
  private readonly running = new Map<string, Running>();
  private taking: Promise<void> | undefined;
  private again = false;
  /** The last look found as much as it could take: there is more. */
  private full = false;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly store: DeliveryStore,
    private readonly handlers: DeliveryHandlers,
    @Inject(DELIVERY_SUBJECT) private readonly subject: DeliverySubject,
    @Inject(DELIVERY_POLICY) private readonly policy: DeliveryPolicy,
    private readonly metrics: FlockMetrics,
    private readonly fleet: Fleet,
    private readonly due: DueDeliveries,
  ) {}

  /** Milliseconds that deliveries are left to the workers of the fleet, if it has any. */
  private get leftMs(): number {
    return this.fleet.queue?.isReady === true ? QUEUED_MS : 0;
  }

  /** Below 0 where lifecycle events have taken reserved slots. */
  private get free(): number {
    const { concurrency } = this.policy;
    const free = concurrency - this.running.size;
    if (this.leftMs === 0) return free;
    // However busy the workers are: what their queue has lost has some slots of its own.
    const found = [...this.running.values()].filter((one) => one.found).length;
    return Math.max(free, Math.ceil(concurrency * LOST_SHARE) - found);
  }

  /** Takes what is due, as far as there are free slots; a look under way is followed by another. */
  wake(): void {
    if (this.stopped) return;
    if (this.taking !== undefined) {
      this.again = true;
      return;
    }
    this.taking = this.take()
      .catch(() => undefined)
      .finally(() => {
        this.taking = undefined;
        if (this.again) this.wake();
      });
  }

  /** For what other processes have stored, and what is due again. */
  async look(): Promise<void> {
    if (!this.stopped && (await this.store.isAnyDue(this.leftMs))) this.wake();
  }

  /** For the fleet's workers: takes this one if it is due and free; resolves at the end of its run here. */
  async handleOne(id: string): Promise<DeliveryEnd> {
    if (this.stopped) return 'skipped';
    const row = await this.store.claimOne(id);
    return row === undefined ? 'skipped' : this.begin(row, false);
  }

  /** Keeps the claims of handlers that take their time. */
  async extend(): Promise<void> {
    const { leaseMs: lease } = this.policy;
    await Promise.allSettled(
      [...this.running.values()].map(({ row, claim }) =>
        this.database.write(EXTEND_DELIVERY, { id: row.id, claim, lease }),
      ),
    );
  }

  /** Takes nothing more, and waits for the handlers that run. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.taking;
    const giveUp = performance.now() + STOP_WITHIN_MS;
    while (this.running.size > 0 && performance.now() < giveUp) await wait(10);
  }

  private async take(): Promise<void> {
    const { concurrency } = this.policy;
    do {
      this.again = false;
      if (this.stopped) return;
      const { free } = this;
      // Handlers that hang do not hold up what ends a connection.
      if (free + RESERVED <= 0) return;
      const rows =
        free > 0
          ? await this.store.claim(free, this.leftMs)
          : await this.store.claimFirst(free + RESERVED);
      // Whatever went wrong while an end was recorded: the claim lapses, and it comes again.
      for (const row of rows) this.begin(row, true).catch(() => undefined);
      if (free > 0) this.full = rows.length === free;
      if (free > 0 && this.full) this.again = true;
    } while (this.again && this.running.size < concurrency + RESERVED);
  }

  private async begin(row: DeliveryRow, found: boolean): Promise<DeliveryEnd> {
    const claim = row.claim_id as string;
    const known = this.running.get(row.id);
    if (known !== undefined) {
      // The store was away for longer than the claim: it is still ours to end.
      known.claim = claim;
      return 'skipped';
    }
    const running: Running = { row, found, claim, states: { ...row.handlers } };
    this.running.set(row.id, running);
    return this.handle(running);
  }

  private async handle(running: Running): Promise<DeliveryEnd> {
    const { row } = running;
    const attributes = { 'flock.provider': row.provider, 'flock.app': row.app };
    try {
      return await inSpan('flock.delivery', attributes, () => this.runAll(running));
    } catch {
      // The delivery could not even be read: nobody has seen it, it comes again.
      return await this.finish(running, 'unreadable');
    } finally {
      this.running.delete(row.id);
      // Several at once: each look costs as much for one delivery as for many.
      const { concurrency } = this.policy;
      const goOn = this.leftMs === 0 || this.full;
      if (goOn && this.free >= concurrency * 0.25) this.wake();
    }
  }

  private async runAll(running: Running): Promise<DeliveryEnd> {
    const { row, states } = running;
    const handlers = this.openHandlers(running);
    if (row.attempts > this.policy.maxAttempts) {
      // Every attempt so far ended with the process: another would, too.
      return this.finish(running, 'gave_up');
    }
    if (handlers.length > 0) {
      const opened = this.store.open(row);
      const connectionNow = () => this.subject.connectionOf(row, opened.event);
      const delivery = { ...toDelivery(row, opened.body), ...given(await connectionNow()) };
      for (const handler of handlers.filter(({ internal }) => internal === true)) {
        await this.run(running, handler, delivery, opened.event);
      }
      // What the library did may have changed the connection.
      const { connection: _before, ...rest } = delivery;
      const now = { ...rest, ...given(await connectionNow()) };
      const hosts = handlers.filter(({ internal }) => internal !== true);
      await Promise.all(hosts.map((handler) => this.run(running, handler, now, opened.event)));
    }
    const missing = Object.keys(states).filter(
      (key) => states[key]?.state === 'pending' && this.handlers.get(key) === undefined,
    );
    return this.finish(running, missing.length > 0 ? 'handler_missing' : undefined);
  }

  /** Which handlers there are is settled when a delivery is handled first. */
  private openHandlers({ row, states }: Running): DeliveryHandler[] {
    if (Object.keys(states).length === 0) {
      for (const { key } of this.handlers.matching(row)) states[key] = { state: 'pending' };
    }
    return Object.entries(states)
      .filter(([, state]) => isOpen(state))
      .map(([key]) => this.handlers.get(key))
      .filter((handler) => handler !== undefined);
  }

  private async run(
    running: Running,
    handler: DeliveryHandler,
    delivery: Omit<Delivery, 'signal'>,
    event: KeptEvent | undefined,
  ): Promise<void> {
    const { row, states } = running;
    const { key } = handler;
    const end = await runHandler(handler, delivery, event, this.policy.handlerTimeoutMs);
    this.metrics.handled(row.provider, key, end.kind);
    const state = stateAfter(states[key], end, row, this.policy);
    states[key] = state;
    if (end.kind === 'failed') {
      this.logger.warn(
        `The handler ${key} failed (${end.error}) for delivery ${row.id}, attempt ${row.runs}${state.state === 'dead' ? '; it is a dead letter now' : ''}.`,
      );
    }
    if (end.kind === 'later') running.later = Math.min(running.later ?? Infinity, end.delayMs);
    // At once, while others still run: what has ended must not run again. After the last, the end of
    // the whole delivery says so.
    if (end.kind === 'done' && Object.values(states).some(isOpen)) {
      await this.record(running, (base) => this.database.write(KEEP_PROGRESS, base));
    }
  }

  /** `problem`: it could not be handled at all. */
  private async finish(running: Running, problem?: string): Promise<DeliveryEnd> {
    const { row } = running;
    const outcome = outcomeOf(
      { ...running, ...(problem !== undefined && { problem }) },
      this.policy,
    );
    if (outcome.kind === 'again') {
      const { delayMs: delay, attempts, failed } = outcome;
      const priority = this.priorityOf(running);
      await this.record(running, (base) =>
        this.database.write(POSTPONE_DELIVERY, { ...base, attempts, priority, delay }),
      );
      this.comeBack(row, priority, delay);
      return failed ? 'failed' : 'later';
    }
    const { status } = outcome;
    Object.assign(running.states, outcome.states);
    this.metrics.deliveryEnded(row.provider, status, row.db_now - row.received_at);
    if (status === 'dead') {
      this.logger.error(
        `Delivery ${row.id} (${row.provider} ${row.type}) is a dead letter: look at it and replay it with DeliveryService.`,
      );
    }
    await this.record(running, (base) => this.database.write(FINISH_DELIVERY, { ...base, status }));
    return status;
  }

  /** What only a handler of the host has still to do goes before nobody. */
  private priorityOf({ row, states }: Running): number {
    const open = Object.keys(states).filter((key) => isOpen(states[key] as HandlerState));
    const ours = open.length === 0 || open.some((key) => this.handlers.get(key)?.internal === true);
    return ours ? row.priority : PRIORITY.usual;
  }

  private comeBack({ id, runs }: DeliveryRow, priority: number, delayMs: number): void {
    const first = priority === PRIORITY.first;
    if (this.fleet.queue?.isReady === true) this.due.add({ id, runs, delayMs, first });
    // Sooner than the next look that comes anyway.
    else if (delayMs < LOOK_MS) setTimeout(() => this.wake(), delayMs + 1).unref();
  }

  /** Until it is committed: an end that is not recorded would make the handler run again. */
  private async record(
    running: Running,
    write: (base: { id: string; claim: string; handlers: string }) => Promise<SqlRow | undefined>,
  ): Promise<void> {
    const { id } = running.row;
    for (;;) {
      // Anew each time: meanwhile another handler may have ended, or the claim been taken over.
      const { claim, states } = running;
      try {
        const recorded = await write({ id, claim, handlers: JSON.stringify(states) });
        if (recorded !== undefined || running.claim === claim) return;
      } catch {
        if (this.stopped) return;
        await wait(RECORD_AGAIN_MS, undefined, { ref: false });
      }
    }
  }
}

const given = (connection: Connection | undefined) => connection && { connection };
