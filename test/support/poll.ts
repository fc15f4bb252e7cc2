import { setTimeout as wait } from 'node:timers/promises';

/** Looks until `probe` gives something, at most half a minute; the deadline only bounds a failing test. */
export async function until<T>(
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = 30_000,
): Promise<T> {
  // By a clock that no test holds.
  const giveUp = process.uptime() + withinMs / 1_000;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (process.uptime() > giveUp) throw new Error(`waited ${withinMs / 1_000} s in vain`);
    await wait(10);
  }
}

/** The error of a promise that must fail. */
export async function failureOf(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await promise;
  } catch (error) {
    return error as Record<string, unknown>;
  }
  throw new Error('expected a failure, but it succeeded');
}
