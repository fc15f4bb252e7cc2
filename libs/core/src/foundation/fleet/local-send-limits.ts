import type { Booking, SendLimits, SendRoom } from './send-limits.js';

/** Endpoints kept at once; beyond that the oldest start anew. */
const CAPACITY = 10_000;
/** Two announcements of one pause differ by no more than their ways took. */
const SAME_PAUSE_MS = 250;

interface Endpoint {
  /** When the provider's pause ends, and when this process goes on; `performance.now()`. */
  pausedUntil: number;
  resumesAt: number;
  /** When the next call would leave if all kept exactly to the ceiling. */
  nextAt: number;
}

/** The limits of one process: all there are without a fleet, and what holds while the fleet cannot be asked. */
export class LocalSendLimits implements SendLimits {
  private readonly endpoints = new Map<string, Endpoint>();

  async peek(endpoint: string, ratePerSecond?: number): Promise<SendRoom> {
    const restMs = this.restMs(endpoint);
    if (restMs > 0) return { restMs, room: 0 };
    if (ratePerSecond === undefined) return { restMs, room: Infinity };
    const { interval, burst } = paceOf(ratePerSecond);
    const ahead = Math.max(0, (this.endpoints.get(endpoint)?.nextAt ?? 0) - performance.now());
    return { restMs, room: Math.max(0, Math.floor(burst - ahead / interval)) };
  }

  async book(endpoint: string, withinMs: number, ratePerSecond?: number): Promise<Booking> {
    const restMs = this.restMs(endpoint);
    if (restMs > 0) return { booked: false, waitMs: restMs };
    if (ratePerSecond === undefined) return { booked: true, waitMs: 0 };
    const { interval, burst } = paceOf(ratePerSecond);
    const now = performance.now();
    const state = this.state(endpoint);
    const nextAt = Math.max(state.nextAt, now) + interval;
    const waitMs = Math.max(0, Math.ceil(nextAt - burst * interval - now));
    if (waitMs > withinMs) return { booked: false, waitMs };
    state.nextAt = nextAt;
    return { booked: true, waitMs };
  }

  async pause(endpoint: string, ms: number): Promise<void> {
    const state = this.state(endpoint);
    const until = performance.now() + ms;
    if (until <= state.pausedUntil + SAME_PAUSE_MS) return;
    state.pausedUntil = until;
    state.resumesAt = until + Math.random() * spreadMs(ms);
  }

  async resume(endpoint: string): Promise<void> {
    const state = this.state(endpoint);
    state.pausedUntil = 0;
    state.resumesAt = 0;
  }

  /** Milliseconds for which this process sends nothing there. */
  restMs(endpoint: string): number {
    const resumesAt = this.endpoints.get(endpoint)?.resumesAt ?? 0;
    return Math.max(0, Math.ceil(resumesAt - performance.now()));
  }

  private state(endpoint: string): Endpoint {
    let state = this.endpoints.get(endpoint);
    if (state === undefined) {
      if (this.endpoints.size >= CAPACITY) {
        this.endpoints.delete(this.endpoints.keys().next().value as string);
      }
      this.endpoints.set(endpoint, (state = { pausedUntil: 0, resumesAt: 0, nextAt: 0 }));
    }
    return state;
  }
}

/** So many a second, and no more than those of one second at once. */
const paceOf = (ratePerSecond: number) => ({
  interval: 1_000 / ratePerSecond,
  burst: Math.max(1, Math.floor(ratePerSecond)),
});

/** Every process goes on at a time of its own, so that a pause does not end in a rush. */
const spreadMs = (ms: number): number => Math.min(5_000, Math.max(200, ms / 10));
