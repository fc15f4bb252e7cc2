import { setTimeout as wait } from 'node:timers/promises';

/** Keeps work at so many units a second, counted from its start. */
export class Pace {
  private readonly started = performance.now();
  private done = 0;

  constructor(
    private readonly perSecond: number,
    private readonly signal: AbortSignal,
  ) {}

  /** After `units` more: waits until they were due, or the signal. */
  async after(units: number): Promise<void> {
    this.done += units;
    const due = this.started + (this.done / this.perSecond) * 1_000;
    const rest = due - performance.now();
    if (rest > 0) await wait(rest, undefined, { signal: this.signal }).catch(() => undefined);
  }
}
